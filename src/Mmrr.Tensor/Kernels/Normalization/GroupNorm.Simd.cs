using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>
/// The CPU entries. A unit of work is (image, block of channels): whole groups, 16 channels or a multiple where the sizes allow it, so that a vector runs
/// along channels. Other sizes go through the same code with vectors that are filled up with zeros. Forward reads x three times and writes y;
/// of an image that fits the second-level cache only the first read goes to memory. Backward reads x and dy twice and writes dx.
/// </content>
public static unsafe partial class GroupNorm
{
    private const int Lanes = 16;

    // Pixels summed in one go; sums of sums keep the rounding error at (256 + pixels/256)·2⁻²⁴.
    private const int PixelBlock = 256;

    private static void ForwardSimd(
        Tensor x, Tensor gamma, Tensor beta, Geometry g, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, py = output.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer;
        var blocks = new ChannelBlocks(g);
        x.Device.Enqueue("GroupNorm.Forward", worker =>
        {
            float* sums = worker.Scratch(3 * blocks.MostLanes);
            float* scale = sums + blocks.MostLanes, means = scale + blocks.MostLanes;
            int unit;
            while ((unit = worker.Take()) < g.Images * blocks.Count)
            {
                int n = unit / blocks.Count, first = blocks.First(unit % blocks.Count), width = blocks.Width(unit % blocks.Count);
                float* image = px + ((long)n * g.Pixels * g.Channels) + first;
                float count = (float)g.Pixels * g.GroupChannels;
                new Span<float>(means, width).Clear();
                Sum(image, g, width, means, false, sums);
                Spread(sums, width, g.GroupChannels, 1 / count, means);
                Sum(image, g, width, means, true, sums);
                for (int group = 0; group < width / g.GroupChannels; group++)
                {
                    float total = 0;
                    for (int c = 0; c < g.GroupChannels; c++) total += sums[(group * g.GroupChannels) + c];
                    float deviation = 1 / MathF.Sqrt((total / count) + epsilon);
                    int at = (n * g.Groups) + (first / g.GroupChannels) + group;
                    pm[at] = means[group * g.GroupChannels];
                    pd[at] = deviation;
                    for (int c = group * g.GroupChannels; c < (group + 1) * g.GroupChannels; c++) scale[c] = pg[first + c] * deviation;
                }
                Apply(image, g, width, means, scale, pb + first, relu, py + ((long)n * g.Pixels * g.Channels) + first);
            }
        });
    }

    private static void BackwardSimd(
        Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Geometry g, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        // [2, N, C]: each image's Σ g and Σ g·x̂, of which dβ and dγ are sums over images.
        using var partial = Tensor.Empty(x.Device, new Shape(2, g.Images, g.Channels));
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer, pdy = outputGradient.Pointer;
        float* pdx = inputGradient.Pointer, pdg = gammaGradient.Pointer, pdb = betaGradient.Pointer, pp = partial.Pointer;
        var blocks = new ChannelBlocks(g);
        x.Device.Enqueue("GroupNorm.Backward", worker =>
        {
            float* scale = worker.Scratch(5 * blocks.MostLanes);
            float* a = scale + blocks.MostLanes, b = a + blocks.MostLanes;
            float* means = b + blocks.MostLanes, deviations = means + blocks.MostLanes;
            int unit;
            while ((unit = worker.Take()) < g.Images * blocks.Count)
            {
                int n = unit / blocks.Count, first = blocks.First(unit % blocks.Count), width = blocks.Width(unit % blocks.Count);
                long at = ((long)n * g.Pixels * g.Channels) + first;
                for (int c = 0; c < width; c++)
                {
                    int group = (n * g.Groups) + ((first + c) / g.GroupChannels);
                    means[c] = pm[group];
                    deviations[c] = pd[group];
                    scale[c] = pg[first + c] * pd[group];
                }
                float* sumG = pp + ((long)n * g.Channels) + first, sumGx = sumG + ((long)g.Images * g.Channels);
                SumGradients(px + at, pdy + at, g, width, scale, pb + first, means, deviations, relu, a, b);
                for (int c = 0; c < width; c++)
                {
                    sumG[c] = a[c];
                    sumGx[c] = b[c];
                }
                // Per group, in place of the sums: a becomes mean(γ·g·x̂), b becomes mean(γ·g).
                float count = (float)g.Pixels * g.GroupChannels;
                for (int group = 0; group < width / g.GroupChannels; group++)
                {
                    int begin = group * g.GroupChannels;
                    float sum = 0, sumX = 0;
                    for (int c = begin; c < begin + g.GroupChannels; c++)
                    {
                        sum += pg[first + c] * a[c];
                        sumX += pg[first + c] * b[c];
                    }
                    for (int c = begin; c < begin + g.GroupChannels; c++)
                    {
                        a[c] = sumX / count;
                        b[c] = sum / count;
                    }
                }
                ApplyGradients(px + at, pdy + at, g, width, scale, pb + first, means, deviations, relu, a, b, pdx + at);
            }
            worker.Barrier();
            var (start, end) = worker.Share(g.Channels, Lanes);
            for (int c = start; c < end; c++)
            {
                float sum = 0, sumX = 0;
                for (int n = 0; n < g.Images; n++)
                {
                    sum += pp[((long)n * g.Channels) + c];
                    sumX += pp[((long)(g.Images + n) * g.Channels) + c];
                }
                pdb[c] = sum;
                pdg[c] = sumX;
            }
        });
    }

    /// <summary>Replaces each channel's sum by its group's total times a factor.</summary>
    private static void Spread(float* sums, int width, int groupChannels, float factor, float* target)
    {
        for (int begin = 0; begin < width; begin += groupChannels)
        {
            float total = 0;
            for (int c = begin; c < begin + groupChannels; c++) total += sums[c];
            for (int c = begin; c < begin + groupChannels; c++) target[c] = total * factor;
        }
    }

    /// <summary>Per channel Σ (x − center) or Σ (x − center)² over the pixels.</summary>
    private static void Sum(float* x, in Geometry g, int width, float* center, bool squared, float* sums)
    {
        for (int c = 0; c < width; c += Lanes)
        {
            int lanes = Math.Min(Lanes, width - c);
            var s = Load(center + c, lanes);
            var total = Vector512<float>.Zero;
            for (int begin = 0; begin < g.Pixels; begin += PixelBlock)
            {
                int end = Math.Min(g.Pixels, begin + PixelBlock), p = begin;
                float* from = x + ((long)begin * g.Channels) + c;
                Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                if (lanes == Lanes)
                {
                    for (; p + 4 <= end; p += 4)
                    {
                        sum0 = Next(sum0, Vector512.Load(from) - s, squared);
                        sum1 = Next(sum1, Vector512.Load(from + g.Channels) - s, squared);
                        sum2 = Next(sum2, Vector512.Load(from + (2 * g.Channels)) - s, squared);
                        sum3 = Next(sum3, Vector512.Load(from + (3 * g.Channels)) - s, squared);
                        from += 4 * g.Channels;
                    }
                }
                for (; p < end; p++)
                {
                    sum0 = Next(sum0, Load(from, lanes) - s, squared);
                    from += g.Channels;
                }
                total += (sum0 + sum1) + (sum2 + sum3);
            }
            Store(total, sums + c, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Next(Vector512<float> sum, Vector512<float> value, bool squared) => sum + (squared ? value * value : value);

    private static void Apply(float* x, in Geometry g, int width, float* means, float* scale, float* beta, bool relu, float* y)
    {
        for (int c = 0; c < width; c += Lanes)
        {
            int lanes = Math.Min(Lanes, width - c);
            Vector512<float> m = Load(means + c, lanes), a = Load(scale + c, lanes), b = Load(beta + c, lanes);
            var floor = relu ? Vector512<float>.Zero : Vector512.Create(float.NegativeInfinity);
            for (int p = 0; p < g.Pixels; p++)
            {
                long at = ((long)p * g.Channels) + c;
                Store(Vector512.Max(((Load(x + at, lanes) - m) * a) + b, floor), y + at, lanes);
            }
        }
    }

    /// <summary>Per channel Σ g and Σ g·x̂ over the pixels, g being zero where ReLU cut (the same expression as in the forward pass decides).</summary>
    private static void SumGradients(
        float* x, float* dy, in Geometry g, int width, float* scale, float* beta, float* means, float* deviations, bool relu, float* sumG, float* sumGx)
    {
        for (int c = 0; c < width; c += Lanes)
        {
            int lanes = Math.Min(Lanes, width - c);
            Vector512<float> a = Load(scale + c, lanes), b = Load(beta + c, lanes), m = Load(means + c, lanes), d = Load(deviations + c, lanes);
            Vector512<float> totalG = default, totalGx = default;
            for (int begin = 0; begin < g.Pixels; begin += PixelBlock)
            {
                int end = Math.Min(g.Pixels, begin + PixelBlock);
                Vector512<float> sum = default, sumX = default;
                for (int p = begin; p < end; p++)
                {
                    long at = ((long)p * g.Channels) + c;
                    var value = Load(x + at, lanes);
                    var gradient = Load(dy + at, lanes);
                    if (relu) gradient = Vector512.ConditionalSelect(Vector512.GreaterThan(((value - m) * a) + b, Vector512<float>.Zero), gradient, Vector512<float>.Zero);
                    sum += gradient;
                    sumX += gradient * ((value - m) * d);
                }
                totalG += sum;
                totalGx += sumX;
            }
            Store(totalG, sumG + c, lanes);
            Store(totalGx, sumGx + c, lanes);
        }
    }

    private static void ApplyGradients(
        float* x, float* dy, in Geometry g, int width, float* scale, float* beta, float* means, float* deviations, bool relu, float* meanGx, float* meanG, float* dx)
    {
        for (int c = 0; c < width; c += Lanes)
        {
            int lanes = Math.Min(Lanes, width - c);
            Vector512<float> a = Load(scale + c, lanes), b = Load(beta + c, lanes), m = Load(means + c, lanes), d = Load(deviations + c, lanes);
            Vector512<float> mgx = Load(meanGx + c, lanes) * d, mg = Load(meanG + c, lanes) * d;
            for (int p = 0; p < g.Pixels; p++)
            {
                long at = ((long)p * g.Channels) + c;
                var value = Load(x + at, lanes);
                var gradient = Load(dy + at, lanes);
                if (relu) gradient = Vector512.ConditionalSelect(Vector512.GreaterThan(((value - m) * a) + b, Vector512<float>.Zero), gradient, Vector512<float>.Zero);
                Store((gradient * a) - mg - ((value - m) * d * mgx), dx + at, lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(float* from, int lanes) => lanes == Lanes ? Vector512.Load(from) : LoadTail(from, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<float> value, float* to, int lanes)
    {
        if (lanes == Lanes) value.Store(to);
        else StoreTail(value, to, lanes);
    }

    // Kept out of the loops: a method with memory on the stack is not inlined, and a call for each vector costs more than the work.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<float> LoadTail(float* from, int lanes)
    {
        float* padded = stackalloc float[Lanes];
        for (int i = 0; i < Lanes; i++) padded[i] = i < lanes ? from[i] : 0;
        return Vector512.Load(padded);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(Vector512<float> value, float* to, int lanes)
    {
        for (int i = 0; i < lanes; i++) to[i] = value[i];
    }

    /// <summary>The channels in blocks of whole groups, as near to one vector as they come.</summary>
    private readonly struct ChannelBlocks
    {
        private readonly int _width;
        private readonly int _channels;

        public ChannelBlocks(in Geometry g)
        {
            _channels = g.Channels;
            _width = Math.Max(1, Lanes / g.GroupChannels) * g.GroupChannels;
            Count = (g.Channels + _width - 1) / _width;
        }

        public int Count { get; }

        /// <summary>Room for a block's channels, a multiple of a vector.</summary>
        public int MostLanes => (_width + Lanes - 1) / Lanes * Lanes;

        public int First(int block) => block * _width;

        public int Width(int block) => Math.Min(_width, _channels - (block * _width));
    }
}
