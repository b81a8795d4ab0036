namespace Mmrr.Kernels;

/// <content>
/// The CPU entries. A unit of work is an image, or 64 of its channels if groups do not cross such a block. Forward reads x three times and writes y; for a
/// block that fits in the L2 cache only the first read goes to memory. Backward reads x and dy twice and writes dx.
/// </content>
public static unsafe partial class GroupNormalization
{
    private static void ForwardSimd(
        SimdLaunch simd, Tensor x, Tensor gamma, Tensor beta, Geometry g, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, py = output.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer;
        var block = new Block(g);
        simd.Run(worker =>
        {
            float* means = worker.Scratch(4 * block.Lanes), scale = means + block.Lanes, offset = scale + block.Lanes, sums = offset + block.Lanes;
            float count = (float)g.Pixels * g.GroupChannels;
            int unit;
            while ((unit = worker.Take()) < g.Images * block.Count)
            {
                int n = unit / block.Count, first = unit % block.Count * block.Channels;
                nint at = ((nint)n * g.Pixels * g.Channels) + first;
                float* statistics = pm + (n * g.Groups) + (first / g.GroupChannels), deviations = pd + (statistics - pm);
                new Span<float>(means, block.Lanes).Clear();
                block.Sum(px + at, sums);
                for (int group = 0; group < block.Channels / g.GroupChannels; group++)
                {
                    float* channel = means + (group * g.GroupChannels);
                    statistics[group] = Total(sums + (group * g.GroupChannels), g.GroupChannels) / count;
                    new Span<float>(channel, g.GroupChannels).Fill(statistics[group]);
                }
                block.Repeat(means);
                block.SumOfSquares(px + at, means, sums);
                for (int group = 0; group < block.Channels / g.GroupChannels; group++)
                {
                    int begin = group * g.GroupChannels;
                    deviations[group] = 1 / MathF.Sqrt((Total(sums + begin, g.GroupChannels) / count) + epsilon);
                    for (int c = begin; c < begin + g.GroupChannels; c++)
                    {
                        scale[c] = pg[first + c] * deviations[group];
                        offset[c] = pb[first + c];
                    }
                }
                block.Repeat(scale);
                block.Repeat(offset);
                block.Apply(px + at, means, scale, offset, relu, py + at);
            }
        });
    }

    private static void BackwardSimd(
        SimdLaunch simd, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Geometry g, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        // [2, N, C]: each image's Σ g and Σ g·x̂; dβ and dγ are their sums over images.
        using var partial = Tensor.Empty(x.Device, new Shape(2, g.Images, g.Channels));
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer, pdy = outputGradient.Pointer;
        float* pdx = inputGradient.Pointer, pdg = gammaGradient.Pointer, pdb = betaGradient.Pointer, pp = partial.Pointer;
        var block = new Block(g);
        simd.Run(worker =>
        {
            float* means = worker.Scratch(6 * block.Lanes), scale = means + block.Lanes, offset = scale + block.Lanes;
            float* sums = offset + block.Lanes, products = sums + block.Lanes, deviations = products + block.Lanes;
            float count = (float)g.Pixels * g.GroupChannels;
            int unit;
            while ((unit = worker.Take()) < g.Images * block.Count)
            {
                int n = unit / block.Count, first = unit % block.Count * block.Channels;
                nint at = ((nint)n * g.Pixels * g.Channels) + first;
                for (int c = 0; c < block.Channels; c++)
                {
                    int group = (n * g.Groups) + ((first + c) / g.GroupChannels);
                    means[c] = pm[group];
                    deviations[c] = pd[group];
                    scale[c] = pg[first + c] * pd[group];
                    offset[c] = pb[first + c];
                }
                block.Repeat(means);
                block.Repeat(scale);
                block.Repeat(offset);
                block.SumGradients(px + at, pdy + at, means, scale, offset, relu, sums, products);
                float* sumG = pp + ((nint)n * g.Channels) + first, sumGx = sumG + ((nint)g.Images * g.Channels);
                for (int c = 0; c < block.Channels; c++)
                {
                    sumG[c] = sums[c];
                    sumGx[c] = products[c] * deviations[c];
                }
                // Per group, replacing the sums: mean(γ·g)/σ and mean(γ·g·x̂)/σ².
                for (int begin = 0; begin < block.Channels; begin += g.GroupChannels)
                {
                    float sum = 0, sumX = 0, deviation = deviations[begin];
                    for (int c = begin; c < begin + g.GroupChannels; c++)
                    {
                        sum += pg[first + c] * sumG[c];
                        sumX += pg[first + c] * sumGx[c];
                    }
                    new Span<float>(sums + begin, g.GroupChannels).Fill(sum / count * deviation);
                    new Span<float>(products + begin, g.GroupChannels).Fill(sumX / count * deviation * deviation);
                }
                block.Repeat(sums);
                block.Repeat(products);
                block.ApplyGradients(px + at, pdy + at, means, scale, offset, relu, sums, products, pdx + at);
            }
            worker.Barrier();
            var (start, end) = worker.Share(g.Channels, Block.Row);
            for (int c = start; c < end; c++)
            {
                float sum = 0, sumX = 0;
                for (int n = 0; n < g.Images; n++)
                {
                    sum += pp[((nint)n * g.Channels) + c];
                    sumX += pp[((nint)(g.Images + n) * g.Channels) + c];
                }
                pdb[c] = sum;
                pdg[c] = sumX;
            }
        });
    }

    private static float Total(float* values, int count)
    {
        float total = 0;
        for (int i = 0; i < count; i++) total += values[i];
        return total;
    }
}
