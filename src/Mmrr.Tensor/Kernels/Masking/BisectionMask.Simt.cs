using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

public static unsafe partial class BisectionMask
{
    // Maximum quads of an image whose exponentials are kept in shared memory: 16 KB, images of up to 4,096 values.
    private const int KeptQuads = 1024;

    // Quads that a thread sums before it adds their sum to its total: each value then passes through a few dozen additions for images of any size.
    private const int QuadRun = 16;

    // Threads of a group that keeps its exponentials: fewer, so that a sweep's sums and decision, which every warp executes, cost less than its elements.
    private const int KeepingLanes = 128;

    // How far b may move before the exponentials are recomputed. They contain the rounding of v + b, which is then that of a number larger by at most this
    // value.
    private const float Reach = 8f;

    // e²⁰: above it σ is 1 in float32, and the product of four denominators is still finite.
    private const float LargestOdds = 4.8516520e8f;

    private static void ForwardSimt(
        SimtLaunch simt, Tensor v, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps, Tensor m, Tensor bias, Tensor slope)
    {
        int length = v.Count / v.Shape[0], most = v.Device.GroupLanes, lanes = length <= 4 * KeptQuads ? Math.Min(KeepingLanes, most) : most;
        simt.Run(
            new KernelConfig(levels.Count, lanes), ForwardKernel,
            new ForwardArguments
            {
                V = v.View,
                Levels = levels.View,
                M = m.View,
                Bias = bias.View,
                Slope = slope.View,
                Length = length,
                PerImage = levels.Shape[1],
                Newton = solver == MaskSolver.Newton ? 1 : 0,
                Tolerance = tolerance,
                MaxSweeps = maxSweeps,
            });
    }

    private static void BackwardSimt(SimtLaunch simt, Tensor m, Tensor slope, Tensor maskGradient, Tensor vGradient)
    {
        using var weights = Tensor.Empty(m.Device, new Shape(slope.Count));
        RangeSums.Launch(simt, WeightKernel, m, maskGradient, slope.Count, 1f, weights);
        simt.Run(
            QuadWalk.Grid(m.Device, vGradient.Count), BackwardKernel,
            new BackwardArguments
            {
                M = m.View,
                Slope = slope.View,
                Weights = weights.View,
                MaskGradient = maskGradient.View,
                VGradient = vGradient.View,
                Length = m.Count / m.Shape[0],
                PerImage = slope.Shape[1],
                Images = slope.Shape[0],
            });
    }

    // A group solves one problem. All sweeps together need one exponential per element: with u = exp(v + b₀), computed in the first sweep and kept in
    // shared memory, σ(v + b) is t/(1 + t), t = u·exp(b − b₀), and four elements share one division. Larger images compute their exponentials in every
    // sweep, from v in the caches. The threads are mapped to the quads of v, add in a fixed order and make the same decisions from the same sums. m comes
    // from a last pass with an accurate sigmoid. 4 bytes of m per element from memory, and v once per image; operations per element: 10 for the start, 38
    // for the first sweep, 10 for each other, 40 for m.
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a)
    {
        var kept = SharedMemory.Allocate<Float4>(KeptQuads);
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        ArrayView<float> v = a.V, m = a.M;
        int length = a.Length, problem = Grid.IdxX, source = problem / a.PerImage * length, target = problem * length;
        int quads = (length + 3) / 4, keeps = quads <= KeptQuads ? 1 : 0;
        float level = a.Levels[problem];
        if (level <= 0f || level >= 1f)
        {
            var value = Float4.Of(level <= 0f ? 0f : 1f);
            for (int q = Group.IdxX; q < quads; q += Group.DimX) Store(m, target, q, length, value);
            if (Group.IdxX == 0)
            {
                a.Bias[problem] = level <= 0f ? float.NegativeInfinity : float.PositiveInfinity;
                a.Slope[problem] = 0f;
            }
        }
        else
        {
            var search = MaskSearch.ByBisection(a.Tolerance, a.MaxSweeps);
            float mean = float.NaN;
            if (a.Newton != 0)
            {
                var range = RangeOf(shared, v, source, length);
                mean = range.Mean;
                search = MaskSearch.ByNewton(level, range.Smallest, range.Largest, mean, range.Variance, a.Tolerance, a.MaxSweeps);
            }
            // Also for finite values whose sum overflows float32; bisection, which has no mean, always checks.
            if (!(mean >= float.MinValue && mean <= float.MaxValue))
            {
                search = Among(shared, search, a.Newton, v, source, length, level, a.Tolerance, a.MaxSweeps);
            }
            float center = search.Bias;
            int stale = 1;
            while (search.Done == 0)
            {
                float moved = search.Bias - center;
                if (keeps == 0 || !(moved <= Reach && moved >= -Reach)) stale = 1;
                float scale = 1f, sum = 0, slopes = 0;
                if (stale != 0) center = search.Bias;
                else scale = Exponential.Exp(moved);
                for (int run = Group.IdxX; run < quads; run += QuadRun * Group.DimX)
                {
                    int stop = quads - run < QuadRun * Group.DimX ? quads : run + (QuadRun * Group.DimX);
                    float partSum = 0, partSlopes = 0;
                    for (int q = run; q < stop; q += Group.DimX)
                    {
                        Float4 odds;
                        if (stale != 0)
                        {
                            odds = Odds(Load(v, source, q, length, float.NegativeInfinity), center);
                            if (keeps != 0) kept[q] = odds;
                        }
                        else
                        {
                            odds = kept[q];
                        }
                        var part = Logistic(odds, scale);
                        partSum += part.First;
                        partSlopes += part.Second;
                    }
                    sum += partSum;
                    slopes += partSlopes;
                }
                stale = 0;
                var totals = GroupReduction.Sum(shared, sum, slopes);
                float error = (totals.First / length) - level;
                search = MaskSearch.Next(search, error, search.Bias - (error / (totals.Second / length)));
            }
            float total = Write(v, source, m, target, length, search.Bias);
            total = GroupReduction.Sum(shared, total);
            if (Group.IdxX == 0)
            {
                a.Bias[problem] = search.Bias;
                a.Slope[problem] = total;
            }
        }
    }

    // Σ g·m(1 − m) over a range of a problem, like RangeSums. 8 bytes and 4 operations per element.
    [SimtKernel]
    private static void WeightKernel(RangeSums.Arguments a) => RangeSums.Write(a, default(WeightedSlope));

    // A thread takes the quads i, i + grid, … of the images (if an image's size is not a multiple of four: up to four single elements) and processes their
    // levels in order. 8 bytes and 5 operations per element and level, 4 bytes written for all levels.
    [SimtKernel]
    private static void BackwardKernel(BackwardArguments a)
    {
        int length = a.Length, quads = (length + 3) / 4, stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < a.Images * quads; i += stride)
        {
            int image = i / quads, q = i - (image * quads);
            Float4 sum = default;
            for (int problem = image * a.PerImage; problem < (image + 1) * a.PerImage; problem++)
            {
                float total = a.Slope[problem];
                if (!(total <= SmallestSlope)) // NaN passes
                {
                    float weighted = a.Weights[problem] / total;
                    Float4 mask = Load(a.M, problem * length, q, length, 0f), gradient = Load(a.MaskGradient, problem * length, q, length, 0f);
                    sum.X += mask.X * (1f - mask.X) * (gradient.X - weighted);
                    sum.Y += mask.Y * (1f - mask.Y) * (gradient.Y - weighted);
                    sum.Z += mask.Z * (1f - mask.Z) * (gradient.Z - weighted);
                    sum.W += mask.W * (1f - mask.W) * (gradient.W - weighted);
                }
            }
            Store(a.VGradient, image * length, q, length, sum);
        }
    }

    /// <summary>One pass for min, max, mean and variance; the sums are over v − v₀, so that they do not cancel if v is far from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ValueRange RangeOf(ArrayView<GroupReduction.Pair> shared, ArrayView<float> v, int source, int length)
    {
        float first = v[source], largest = first, negated = -first, sum = 0, squares = 0;
        for (int q = Group.IdxX; q < (length + 3) / 4; q += Group.DimX)
        {
            var x = Load(v, source, q, length, first);
            float above = x.X > x.Y ? x.X : x.Y, below = x.X < x.Y ? x.X : x.Y;
            above = x.Z > above ? x.Z : above;
            below = x.Z < below ? x.Z : below;
            above = x.W > above ? x.W : above;
            below = x.W < below ? x.W : below;
            largest = above > largest ? above : largest;
            negated = -below > negated ? -below : negated;
            var shifted = Float4.Subtract(x, Float4.Of(first));
            sum += Float4.Sum(shifted);
            squares += Float4.Sum(Float4.Multiply(shifted, shifted));
        }
        var extremes = GroupReduction.Max(shared, largest, negated);
        var moments = GroupReduction.Sum(shared, sum, squares);
        float mean = moments.First / length;
        ValueRange range;
        range.Smallest = -extremes.Second;
        range.Largest = extremes.First;
        range.Mean = first + mean;
        range.Variance = (moments.Second / length) - (mean * mean);
        return range;
    }

    /// <summary>A pass that searches for non-finite values; see <see cref="MaskSearch.Among"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static MaskSearch Among(
        ArrayView<GroupReduction.Pair> shared, MaskSearch search, int newton, ArrayView<float> v, int source, int length, float level, float tolerance,
        int maxSweeps)
    {
        float above = 0f, below = 0f, largest = float.NegativeInfinity, negated = float.NegativeInfinity;
        for (int i = Group.IdxX; i < length; i += Group.DimX)
        {
            float x = v[source + i];
            if (x > float.MaxValue)
            {
                above += 1f;
            }
            else if (x < float.MinValue)
            {
                below += 1f;
            }
            else if (x >= float.MinValue)
            {
                largest = x > largest ? x : largest;
                negated = -x > negated ? -x : negated;
            }
            else
            {
                above = float.NaN;
            }
        }
        var infinite = GroupReduction.Sum(shared, above, below);
        var extremes = GroupReduction.Max(shared, largest, negated);
        return MaskSearch.Among(search, newton, level, length, infinite.First, infinite.Second, -extremes.Second, extremes.First, tolerance, maxSweeps);
    }

    /// <summary>m = σ(v + b), and this thread's part of Σ m(1 − m).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Write(ArrayView<float> v, int source, ArrayView<float> m, int target, int length, float bias)
    {
        float total = 0;
        int quads = (length + 3) / 4;
        for (int run = Group.IdxX; run < quads; run += QuadRun * Group.DimX)
        {
            int stop = quads - run < QuadRun * Group.DimX ? quads : run + (QuadRun * Group.DimX);
            float part = 0;
            for (int q = run; q < stop; q += Group.DimX)
            {
                var mask = Load(v, source, q, length, float.NegativeInfinity);
                mask.X = Exponential.Sigmoid(mask.X + bias);
                mask.Y = Exponential.Sigmoid(mask.Y + bias);
                mask.Z = Exponential.Sigmoid(mask.Z + bias);
                mask.W = Exponential.Sigmoid(mask.W + bias);
                Store(m, target, q, length, mask);
                part += (mask.X * (1f - mask.X)) + (mask.Y * (1f - mask.Y)) + ((mask.Z * (1f - mask.Z)) + (mask.W * (1f - mask.W)));
            }
            total += part;
        }
        return total;
    }

    /// <summary>exp(v + b) of four values; +∞ and 0 outside the range of float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Odds(Float4 values, float bias)
    {
        values.X = Exponential.Exp(values.X + bias);
        values.Y = Exponential.Exp(values.Y + bias);
        values.Z = Exponential.Exp(values.Z + bias);
        values.W = Exponential.Exp(values.W + bias);
        return values;
    }

    /// <summary>
    /// Σ σ and Σ σ(1 − σ) over four elements, σ = t/(1 + t) and 1 − σ = 1/(1 + t) with t = scale·odds, to eight roundings each.
    /// One division for the four.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static GroupReduction.Pair Logistic(Float4 odds, float scale)
    {
        float x = XMath.Min(odds.X * scale, LargestOdds), y = XMath.Min(odds.Y * scale, LargestOdds);
        float z = XMath.Min(odds.Z * scale, LargestOdds), w = XMath.Min(odds.W * scale, LargestOdds);
        float dx = 1f + x, dy = 1f + y, dz = 1f + z, dw = 1f + w, xy = dx * dy, zw = dz * dw;
        float inverse = 1f / (xy * zw), inverseXy = inverse * zw, inverseZw = inverse * xy;
        float rx = inverseXy * dy, ry = inverseXy * dx, rz = inverseZw * dw, rw = inverseZw * dz;
        float sx = x * rx, sy = y * ry, sz = z * rz, sw = w * rw;
        GroupReduction.Pair sums;
        sums.First = sx + sy + (sz + sw);
        sums.Second = (sx * rx) + (sy * ry) + ((sz * rz) + (sw * rw));
        return sums;
    }

    /// <summary>Quad q of the row that begins at <paramref name="offset"/>; single elements, padded, if the row length is not a multiple of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Load(ArrayView<float> view, int offset, int q, int length, float filling)
    {
        if ((length & 3) == 0) return view.Cast<Float4>()[(offset / 4) + q];
        int i = 4 * q;
        Float4 quad;
        quad.X = view[offset + i];
        quad.Y = i + 1 < length ? view[offset + i + 1] : filling;
        quad.Z = i + 2 < length ? view[offset + i + 2] : filling;
        quad.W = i + 3 < length ? view[offset + i + 3] : filling;
        return quad;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<float> view, int offset, int q, int length, Float4 quad)
    {
        if ((length & 3) == 0)
        {
            view.Cast<Float4>()[(offset / 4) + q] = quad;
            return;
        }
        int i = 4 * q;
        view[offset + i] = quad.X;
        if (i + 1 < length) view[offset + i + 1] = quad.Y;
        if (i + 2 < length) view[offset + i + 2] = quad.Z;
        if (i + 3 < length) view[offset + i + 3] = quad.W;
    }

    /// <summary>The statistics of the values for Newton's start.</summary>
    private struct ValueRange
    {
        public float Smallest, Largest, Mean, Variance;
    }

    private readonly struct WeightedSlope : ITerm
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Of(float m, float g) => g * (m * (1f - m));
    }
}
