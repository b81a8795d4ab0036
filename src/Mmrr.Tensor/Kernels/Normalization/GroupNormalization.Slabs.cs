using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entries if the channels of a group are a multiple of four: a thread block takes a slab, one image's pixels of a few neighbouring groups of
/// channels, up to eight quads (128 bytes of each pixel) wide. The threads are mapped to (pixel, quad), the quad fastest: neighbours read neighbouring 16
/// bytes.
/// </content>
public static partial class GroupNormalization
{
    // A slab is as wide as a cache line; one of up to 32 KB is kept in shared memory.
    private const int SlabQuads = 8;
    private const int KeptQuads = 2048;

    private static bool SuitsSlabs(Device device, in Geometry g) => g.GroupChannels % 4 == 0 && g.GroupChannels / 4 <= device.GroupLanes;

    /// <summary>Number of groups of channels in a slab; if more than one, at most this many quads.</summary>
    private static int SlabGroups(Device device, in Geometry g, int quads) =>
        Math.Clamp(Math.Min(quads, device.GroupLanes) / (g.GroupChannels / 4), 1, g.Groups);

    private static int Slabs(in Geometry g, int slabGroups) => g.Images * ((g.Groups + slabGroups - 1) / slabGroups);

    private static void ForwardSlabs(SimtLaunch simt, Device device, ForwardArguments a)
    {
        var g = a.Geometry;
        // Narrower, down to the 32 bytes of a memory transaction, if the slab can then be kept and is read from memory once.
        int kept = SlabGroups(device, g, Math.Min(SlabQuads, KeptQuads / g.Pixels)), quads = kept * g.GroupChannels / 4;
        bool keeps = g.Pixels * quads <= KeptQuads && quads >= Math.Min(2, g.Channels / 4);
        (a.SlabGroups, a.Keeps) = (keeps ? kept : SlabGroups(device, g, SlabQuads), keeps ? 1 : 0);
        simt.Run(device.Groups(Slabs(g, a.SlabGroups)), ForwardSlabKernel, a);
    }

    private static void BackwardSlabs(SimtLaunch simt, Device device, BackwardArguments a)
    {
        var g = a.Geometry;
        a.SlabGroups = SlabGroups(device, g, SlabQuads);
        using var gammaParts = Tensor.Empty(device, new Shape(g.Images, g.Channels));
        using var betaParts = Tensor.Empty(device, new Shape(g.Images, g.Channels));
        ArrayView<float> gammaGradient = a.GammaGradient, betaGradient = a.BetaGradient;
        (a.GammaGradient, a.BetaGradient) = (gammaParts.View, betaParts.View);
        simt.Run(device.Groups(Slabs(g, a.SlabGroups)), BackwardSlabKernel, a);
        ColumnSums.Launch(simt, 1, gammaParts.View, g.Images, g.Channels, gammaGradient);
        ColumnSums.Launch(simt, 1, betaParts.View, g.Images, g.Channels, betaGradient);
    }

    /// <summary>
    /// Three passes over the slab: mean, variance, result; the last two from shared memory if the slab is kept, otherwise from the caches. Bytes 4·(1 or 3
    /// reads + 1 write) per value; 8 operations per value. Thread: every slices-th pixel of one quad.
    /// </summary>
    [SimtKernel]
    private static void ForwardSlabKernel(ForwardArguments a)
    {
        var kept = SharedMemory.Allocate<Float4>(KeptQuads);
        var shared = SharedMemory.Allocate<float>(GroupReduction.MaxLanes);
        ArrayView<Float4> x4 = a.X.Cast<Float4>(), gamma4 = a.Gamma.Cast<Float4>(), beta4 = a.Beta.Cast<Float4>(), output4 = a.Output.Cast<Float4>();
        var g = a.Geometry;
        var slab = Slab.Of(g, a.SlabGroups);
        int count = g.Pixels * slab.GroupQuads * 4, pitch = g.Channels / 4;
        float sum = 0;
        for (int p = slab.Begin; p < g.Pixels; p += slab.Slices)
        {
            var value = x4[slab.Origin + (p * pitch)];
            if (a.Keeps != 0) kept[(p * slab.Width) + slab.Quad] = value;
            sum += value.X + value.Y + (value.Z + value.W);
        }
        float mu = GroupSum(shared, sum, slab) / count;
        sum = 0;
        for (int p = slab.Begin; p < g.Pixels; p += slab.Slices)
        {
            var value = a.Keeps != 0 ? kept[(p * slab.Width) + slab.Quad] : x4[slab.Origin + (p * pitch)];
            float dx = value.X - mu, dy = value.Y - mu, dz = value.Z - mu, dw = value.W - mu;
            sum += (dx * dx) + (dy * dy) + ((dz * dz) + (dw * dw));
        }
        float deviation = 1 / XMath.Sqrt((GroupSum(shared, sum, slab) / count) + a.Epsilon);
        if (slab.Slice == 0 & slab.Quad % slab.GroupQuads == 0)
        {
            a.Mean[slab.Statistics] = mu;
            a.InverseDeviation[slab.Statistics] = deviation;
        }
        Float4 scale = gamma4[slab.FirstQuad + slab.Quad], shift = beta4[slab.FirstQuad + slab.Quad];
        for (int p = slab.Begin; p < g.Pixels; p += slab.Slices)
        {
            var value = a.Keeps != 0 ? kept[(p * slab.Width) + slab.Quad] : x4[slab.Origin + (p * pitch)];
            value.X = Result(value.X, mu, deviation, scale.X, shift.X, a.Relu);
            value.Y = Result(value.Y, mu, deviation, scale.Y, shift.Y, a.Relu);
            value.Z = Result(value.Z, mu, deviation, scale.Z, shift.Z, a.Relu);
            value.W = Result(value.W, mu, deviation, scale.W, shift.W, a.Relu);
            output4[slab.Origin + (p * pitch)] = value;
        }
    }

    /// <summary>
    /// Two passes over the slab: each channel's Σg and Σg·x̂, which give the groups' means, then dx. The sums of each image go to [N, C] twice. Bytes
    /// 4·(2 · 2 reads, the second two from the caches, + 1 write) per value; 17 operations per value. Thread: every slices-th pixel of one quad.
    /// </summary>
    [SimtKernel]
    private static void BackwardSlabKernel(BackwardArguments a)
    {
        var sharedSums = SharedMemory.Allocate<Float4>(GroupReduction.MaxLanes);
        var sharedProducts = SharedMemory.Allocate<Float4>(GroupReduction.MaxLanes);
        ArrayView<Float4> x4 = a.X.Cast<Float4>(), gradient4 = a.OutputGradient.Cast<Float4>(), input4 = a.InputGradient.Cast<Float4>();
        ArrayView<Float4> gammaParts4 = a.GammaGradient.Cast<Float4>(), betaParts4 = a.BetaGradient.Cast<Float4>(),
            gamma4 = a.Gamma.Cast<Float4>(), beta4 = a.Beta.Cast<Float4>();
        var g = a.Geometry;
        var slab = Slab.Of(g, a.SlabGroups);
        int pitch = g.Channels / 4, lane = Group.IdxX;
        float mu = a.Mean[slab.Statistics], deviation = a.InverseDeviation[slab.Statistics];
        Float4 scale = gamma4[slab.FirstQuad + slab.Quad], shift = beta4[slab.FirstQuad + slab.Quad], sums = default, products = default;
        for (int p = slab.Begin; p < g.Pixels; p += slab.Slices)
        {
            var normalized = Normalized(x4[slab.Origin + (p * pitch)], mu, deviation);
            var gradient = Passed(gradient4[slab.Origin + (p * pitch)], normalized, scale, shift, a.Relu);
            sums = Float4.Add(sums, gradient);
            products.X += gradient.X * normalized.X;
            products.Y += gradient.Y * normalized.Y;
            products.Z += gradient.Z * normalized.Z;
            products.W += gradient.W * normalized.W;
        }
        sharedSums[lane] = sums;
        sharedProducts[lane] = products;
        Group.Barrier();
        for (int half = slab.Half; half > 0; half /= 2)
        {
            if (slab.Slice < half & slab.Slice + half < slab.Slices)
            {
                sharedSums[lane] = Float4.Add(sharedSums[lane], sharedSums[lane + (half * slab.Width)]);
                sharedProducts[lane] = Float4.Add(sharedProducts[lane], sharedProducts[lane + (half * slab.Width)]);
            }
            Group.Barrier();
        }
        if (slab.Slice == 0)
        {
            betaParts4[(slab.Image * pitch) + slab.FirstQuad + slab.Quad] = sharedSums[lane];
            gammaParts4[(slab.Image * pitch) + slab.FirstQuad + slab.Quad] = sharedProducts[lane];
        }
        float sum = 0, product = 0;
        int first = slab.Quad / slab.GroupQuads * slab.GroupQuads;
        for (int quad = first; quad < first + slab.GroupQuads; quad++)
        {
            sum += Dot(gamma4[slab.FirstQuad + quad], sharedSums[quad]);
            product += Dot(gamma4[slab.FirstQuad + quad], sharedProducts[quad]);
        }
        int count = g.Pixels * slab.GroupQuads * 4;
        sum /= count;
        product /= count;
        for (int p = slab.Begin; p < g.Pixels; p += slab.Slices)
        {
            var normalized = Normalized(x4[slab.Origin + (p * pitch)], mu, deviation);
            var gradient = Passed(gradient4[slab.Origin + (p * pitch)], normalized, scale, shift, a.Relu);
            gradient.X = deviation * ((gradient.X * scale.X) - sum - (normalized.X * product));
            gradient.Y = deviation * ((gradient.Y * scale.Y) - sum - (normalized.Y * product));
            gradient.Z = deviation * ((gradient.Z * scale.Z) - sum - (normalized.Z * product));
            gradient.W = deviation * ((gradient.W * scale.W) - sum - (normalized.W * product));
            input4[slab.Origin + (p * pitch)] = gradient;
        }
    }

    /// <summary>The sum over the threads of this thread's group of channels: a tree over the slices, then the group's quads in order.</summary>
    private static float GroupSum(ArrayView<float> shared, float value, Slab slab)
    {
        int lane = Group.IdxX;
        shared[lane] = value;
        Group.Barrier();
        for (int half = slab.Half; half > 0; half /= 2)
        {
            if (slab.Slice < half & slab.Slice + half < slab.Slices) shared[lane] += shared[lane + (half * slab.Width)];
            Group.Barrier();
        }
        float sum = 0;
        int first = slab.Quad / slab.GroupQuads * slab.GroupQuads;
        for (int quad = first; quad < first + slab.GroupQuads; quad++) sum += shared[quad];
        Group.Barrier(); // the memory is reused
        return sum;
    }

    private static float Result(float value, float mu, float deviation, float scale, float shift, int relu)
    {
        float y = (scale * ((value - mu) * deviation)) + shift;
        return relu != 0 && y < 0 ? 0 : y; // NaN propagates
    }

    private static Float4 Normalized(Float4 value, float mu, float deviation)
    {
        value.X = (value.X - mu) * deviation;
        value.Y = (value.Y - mu) * deviation;
        value.Z = (value.Z - mu) * deviation;
        value.W = (value.W - mu) * deviation;
        return value;
    }

    /// <summary>The gradient, zero where ReLU is inactive.</summary>
    private static Float4 Passed(Float4 gradient, Float4 normalized, Float4 scale, Float4 shift, int relu)
    {
        if (relu != 0 && !((scale.X * normalized.X) + shift.X > 0)) gradient.X = 0;
        if (relu != 0 && !((scale.Y * normalized.Y) + shift.Y > 0)) gradient.Y = 0;
        if (relu != 0 && !((scale.Z * normalized.Z) + shift.Z > 0)) gradient.Z = 0;
        if (relu != 0 && !((scale.W * normalized.W) + shift.W > 0)) gradient.W = 0;
        return gradient;
    }

    private static float Dot(Float4 a, Float4 b) => (a.X * b.X) + (a.Y * b.Y) + ((a.Z * b.Z) + (a.W * b.W));

    /// <summary>This thread's part of its group's slab.</summary>
    private struct Slab
    {
        /// <summary>The image; the slab's first quad of channels; its quads; the quads of a group of channels.</summary>
        public int Image, FirstQuad, Width, GroupQuads;

        /// <summary>
        /// This thread's quad within the slab and its slice of the pixels; the number of slices; half of the power of two that is at least as large; its
        /// first pixel.
        /// </summary>
        public int Quad, Slice, Slices, Half, Begin;

        /// <summary>The quad of x where this thread's channels of the image begin; the index of its group's mean.</summary>
        public int Origin, Statistics;

        public static Slab Of(Geometry g, int slabGroups)
        {
            Slab slab;
            int slabs = (g.Groups + slabGroups - 1) / slabGroups, firstGroup = Grid.IdxX % slabs * slabGroups,
                groups = Math.Min(slabGroups, g.Groups - firstGroup);
            slab.Image = Grid.IdxX / slabs;
            slab.GroupQuads = g.Channels / g.Groups / 4;
            slab.FirstQuad = firstGroup * slab.GroupQuads;
            slab.Width = groups * slab.GroupQuads;
            slab.Quad = Group.IdxX % slab.Width;
            slab.Slice = Group.IdxX / slab.Width;
            slab.Slices = Group.DimX / slab.Width;
            slab.Half = 1;
            while (2 * slab.Half < slab.Slices) slab.Half *= 2;
            slab.Begin = slab.Slice < slab.Slices ? slab.Slice : g.Pixels; // an excess thread has no pixels
            slab.Origin = (slab.Image * g.Pixels * (g.Channels / 4)) + slab.FirstQuad + slab.Quad;
            slab.Statistics = (slab.Image * g.Groups) + firstGroup + (slab.Quad / slab.GroupQuads);
            return slab;
        }
    }
}
