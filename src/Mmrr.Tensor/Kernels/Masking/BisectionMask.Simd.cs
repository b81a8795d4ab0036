using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

// A worker takes one problem at a time. Every sweep reads v from cache and also writes m, which costs little compared with the exponentials: the last sweep
// is then the result, and no further one is needed.
public static unsafe partial class BisectionMask
{
    // Number of elements that are summed in float32 before the sum continues in float64.
    private const int Block = 1024;

    private static void ForwardSimd(
        SimdLaunch simd, Tensor source, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps, Tensor mask, Tensor biases, Tensor slopes)
    {
        float* v = source.Pointer, level = levels.Pointer, m = mask.Pointer, bias = biases.Pointer, slope = slopes.Pointer;
        int length = source.Count / source.Shape[0], perImage = levels.Shape[1], problems = levels.Count;
        simd.Run(worker =>
        {
            while (worker.TryTake(problems, out int problem))
            {
                float* image = v + ((long)(problem / perImage) * length), row = m + ((long)problem * length);
                Solve(image, length, level[problem], solver, tolerance, maxSweeps, row, bias + problem, slope + problem);
            }
        });
    }

    private static int[] CountOnHost(float[] images, float[] levels, int length, MaskSolver solver, float tolerance, int maxSweeps)
    {
        var sweeps = new int[levels.Length];
        int perImage = levels.Length / (images.Length / length);
        Parallel.For(0, levels.Length, problem =>
        {
            var row = new float[length];
            float bias, slope;
            fixed (float* image = &images[problem / perImage * length], m = row)
            {
                sweeps[problem] = Solve(image, length, levels[problem], solver, tolerance, maxSweeps, m, &bias, &slope);
            }
        });
        return sweeps;
    }

    /// <summary>Solves one problem and returns the number of sweeps.</summary>
    private static int Solve(float* v, int length, float level, MaskSolver solver, float tolerance, int maxSweeps, float* m, float* bias, float* slope)
    {
        if (level <= 0f || level >= 1f)
        {
            new Span<float>(m, length).Fill(level <= 0f ? 0f : 1f);
            *bias = level <= 0f ? float.NegativeInfinity : float.PositiveInfinity;
            *slope = 0f;
            return 0;
        }
        var search = Start(solver, level, tolerance, maxSweeps, v, length);
        if (search.Done != 0)
        {
            new Span<float>(m, length).Fill(float.NaN);
            *bias = *slope = float.NaN;
            return 0;
        }
        double sum, sumOfSlopes;
        float swept;
        int sweeps = 0;
        do
        {
            swept = search.Bias;
            (sum, sumOfSlopes) = Sweep(v, m, length, swept);
            sweeps++;
            float error = (float)((sum / length) - level);
            search = MaskSearch.Next(search, error, (float)(swept - (error / (sumOfSlopes / length))));
        }
        while (search.Done == 0);
        if (search.Bias != swept)
        {
            (_, sumOfSlopes) = Sweep(v, m, length, search.Bias);
            sweeps++;
        }
        *bias = search.Bias;
        *slope = (float)sumOfSlopes;
        return sweeps;
    }

    private static void BackwardSimd(SimdLaunch simd, Tensor mask, Tensor slopes, Tensor maskGradient, Tensor vGradient)
    {
        float* m = mask.Pointer, slope = slopes.Pointer, g = maskGradient.Pointer, dv = vGradient.Pointer;
        int images = slopes.Shape[0], levels = slopes.Shape[1], length = mask.Count / mask.Shape[0];
        simd.Run(worker =>
        {
            while (worker.TryTake(images, out int image))
            {
                float* target = dv + ((long)image * length);
                // The first level that is not saturated writes, the others add.
                bool written = false;
                for (int problem = image * levels; problem < (image + 1) * levels; problem++)
                {
                    float total = slope[problem];
                    if (total <= SmallestSlope) continue; // NaN passes
                    long offset = (long)problem * length;
                    AddGradient(m + offset, g + offset, target, length, (float)(WeightedSum(m + offset, g + offset, length) / total), written);
                    written = true;
                }
                if (!written) new Span<float>(target, length).Clear();
            }
        });
    }

    private static MaskSearch Start(MaskSolver solver, float level, float tolerance, int maxSweeps, float* v, int length)
    {
        if (solver == MaskSolver.Bisection) return Among(MaskSearch.ByBisection(tolerance, maxSweeps), 0, level, tolerance, maxSweeps, v, length);
        Vector512<float> least = Vector512.Create(v[0]), most = least;
        double sum = 0, squares = 0;
        for (int begin = 0; begin < length; begin += Block)
        {
            int end = Math.Min(length, begin + Block), i = begin;
            Vector512<float> partSum = default, partSquares = default;
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                var x = Vector512.Load(v + i);
                least = Vector512.MinNative(least, x);
                most = Vector512.MaxNative(most, x);
                partSum += x;
                partSquares += x * x;
            }
            for (; i < end; i++)
            {
                least = Vector512.MinNative(least, Vector512.Create(v[i]));
                most = Vector512.MaxNative(most, Vector512.Create(v[i]));
                sum += v[i];
                squares += (double)v[i] * v[i];
            }
            sum += Vector512.Sum(partSum);
            squares += Vector512.Sum(partSquares);
        }
        float smallest = v[0], largest = v[0];
        for (int lane = 0; lane < Lanes.Width; lane++)
        {
            smallest = MathF.Min(smallest, least[lane]);
            largest = MathF.Max(largest, most[lane]);
        }
        double mean = sum / length;
        var search = MaskSearch.ByNewton(level, smallest, largest, (float)mean, (float)((squares / length) - (mean * mean)), tolerance, maxSweeps);
        return double.IsFinite(mean) ? search : Among(search, 1, level, tolerance, maxSweeps, v, length);
    }

    /// <summary>A pass that searches for non-finite values; see <see cref="MaskSearch.Among"/>.</summary>
    private static MaskSearch Among(MaskSearch search, int newton, float level, float tolerance, int maxSweeps, float* v, int length)
    {
        float above = 0, below = 0, smallest = float.PositiveInfinity, largest = float.NegativeInfinity;
        for (int i = 0; i < length; i++)
        {
            if (float.IsFinite(v[i])) (smallest, largest) = (MathF.Min(smallest, v[i]), MathF.Max(largest, v[i]));
            else if (v[i] < 0) below++;
            else if (v[i] > 0) above++;
            else above = float.NaN;
        }
        return MaskSearch.Among(search, newton, level, length, above, below, smallest, largest, tolerance, maxSweeps);
    }

    /// <summary>m = σ(v + b), Σ m and Σ m(1 − m).</summary>
    private static (double Sum, double Slope) Sweep(float* v, float* m, int length, float bias)
    {
        var shift = Vector512.Create(bias);
        double sum = 0, slope = 0;
        for (int begin = 0; begin < length; begin += Block)
        {
            int end = Math.Min(length, begin + Block), i = begin;
            Vector512<float> sum0 = default, sum1 = default, slope0 = default, slope1 = default;
            for (; i <= end - (2 * Lanes.Width); i += 2 * Lanes.Width)
            {
                var m0 = Exponential.Sigmoid(Vector512.Load(v + i) + shift);
                var m1 = Exponential.Sigmoid(Vector512.Load(v + i + Lanes.Width) + shift);
                m0.Store(m + i);
                m1.Store(m + i + Lanes.Width);
                sum0 += m0;
                sum1 += m1;
                slope0 += m0 * (Vector512<float>.One - m0);
                slope1 += m1 * (Vector512<float>.One - m1);
            }
            for (; i < end; i += Lanes.Width)
            {
                int rest = Math.Min(Lanes.Width, end - i);
                Lanes.Store(Exponential.Sigmoid(Lanes.Load(v + i, rest) + shift), m + i, rest);
                // When read back, the lanes past the end are zero and add nothing.
                var last = Lanes.Load(m + i, rest);
                sum0 += last;
                slope0 += last * (Vector512<float>.One - last);
            }
            sum += Vector512.Sum(sum0 + sum1);
            slope += Vector512.Sum(slope0 + slope1);
        }
        return (sum, slope);
    }

    /// <summary>Σ g·m(1 − m).</summary>
    private static double WeightedSum(float* m, float* g, int length)
    {
        double sum = 0;
        for (int begin = 0; begin < length; begin += Block)
        {
            int end = Math.Min(length, begin + Block), i = begin;
            Vector512<float> part = default;
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                var value = Vector512.Load(m + i);
                part += Vector512.Load(g + i) * (value * (Vector512<float>.One - value));
            }
            for (; i < end; i++) sum += (double)g[i] * (m[i] * (1f - m[i]));
            sum += Vector512.Sum(part);
        }
        return sum;
    }

    private static void AddGradient(float* m, float* g, float* target, int length, float weighted, bool add)
    {
        int i = 0;
        for (; i <= length - Lanes.Width; i += Lanes.Width)
        {
            var value = Vector512.Load(m + i);
            var gradient = value * (Vector512<float>.One - value) * (Vector512.Load(g + i) - Vector512.Create(weighted));
            (add ? Vector512.Load(target + i) + gradient : gradient).Store(target + i);
        }
        for (; i < length; i++)
        {
            float gradient = m[i] * (1f - m[i]) * (g[i] - weighted);
            target[i] = add ? target[i] + gradient : gradient;
        }
    }
}
