using ILGPU;

namespace Mmrr.Kernels;

public static unsafe partial class BisectionMask
{
    // Elements that a thread adds up in float32 before it goes on in float64.
    private const int FloatRun = 16;

    // A group solves one problem; its threads sum over the elements lane, lane + group, …, and each then takes the same decision from the
    // same sums. v comes from cache after the first sweep; m is written once, by the last. 8 bytes an element of m from memory,
    // about 35 operations an element and sweep, 10 barriers a sweep with 256 threads, 5 KB of shared memory.
    [SimtKernel]
    private static void ForwardKernel(
        ArrayView<float> v, ArrayView<float> levels, ArrayView<float> m, ArrayView<float> bias, ArrayView<float> slope,
        int length, int perImage, int newton, float tolerance, int maxSweeps)
    {
        var sums = SharedMemory.Allocate<double>(2 * GroupReduction.MaxLanes);
        var extremes = SharedMemory.Allocate<float>(GroupReduction.MaxLanes);
        int problem = Grid.IdxX, source = problem / perImage * length, target = problem * length;
        float level = levels[problem];
        if (level <= 0f || level >= 1f)
        {
            for (int i = Group.IdxX; i < length; i += Group.DimX) m[target + i] = level <= 0f ? 0f : 1f;
            if (Group.IdxX == 0)
            {
                bias[problem] = level <= 0f ? float.NegativeInfinity : float.PositiveInfinity;
                slope[problem] = 0f;
            }
        }
        else
        {
            MaskSearch search;
            if (newton != 0)
            {
                float largest = v[source], smallest = v[source];
                double total = 0, squares = 0;
                for (int i = Group.IdxX; i < length; i += Group.DimX)
                {
                    float x = v[source + i];
                    largest = x > largest ? x : largest;
                    smallest = x < smallest ? x : smallest;
                    total += x;
                    squares += (double)x * x;
                }
                largest = GroupReduction.Max(extremes, largest);
                smallest = -GroupReduction.Max(extremes, -smallest);
                var moments = GroupReduction.Sum(sums, total, squares);
                double mean = moments.First / length;
                float variance = (float)((moments.Second / length) - (mean * mean));
                search = MaskSearch.ByNewton(level, smallest, largest, (float)mean, variance, tolerance, maxSweeps);
            }
            else
            {
                search = MaskSearch.ByBisection(level, tolerance, maxSweeps);
            }
            // 0: searching; 1: the sweep that writes; 2: written.
            int stage = 0;
            while (stage < 2)
            {
                double sum = 0, sumOfSlopes = 0;
                for (int run = Group.IdxX; run < length; run += FloatRun * Group.DimX)
                {
                    int stop = length - run < FloatRun * Group.DimX ? length : run + (FloatRun * Group.DimX);
                    float partSum = 0, partSlopes = 0;
                    for (int i = run; i < stop; i += Group.DimX)
                    {
                        float value = Exponential.Sigmoid(v[source + i] + search.Bias);
                        if (stage == 1) m[target + i] = value;
                        partSum += value;
                        partSlopes += value * (1f - value);
                    }
                    sum += partSum;
                    sumOfSlopes += partSlopes;
                }
                var totals = GroupReduction.Sum(sums, sum, sumOfSlopes);
                if (stage == 1)
                {
                    if (Group.IdxX == 0)
                    {
                        bias[problem] = search.Bias;
                        slope[problem] = (float)totals.Second;
                    }
                    stage = 2;
                }
                else
                {
                    search = MaskSearch.Next(search, totals.First / length, totals.Second / length);
                    stage = search.Done;
                }
            }
        }
    }

    // A group takes one image and goes through its levels in order: one pass for Σgs, one that writes (the first level that is not
    // saturated) or adds; a thread only touches its own elements of vGradient. 16 to 24 bytes and 9 operations an element and level.
    [SimtKernel]
    private static void BackwardKernel(
        ArrayView<float> m, ArrayView<float> slope, ArrayView<float> maskGradient, ArrayView<float> vGradient, int length, int perImage)
    {
        var sums = SharedMemory.Allocate<double>(GroupReduction.MaxLanes);
        int target = Grid.IdxX * length, written = 0;
        for (int l = 0; l < perImage; l++)
        {
            int problem = (Grid.IdxX * perImage) + l, source = problem * length;
            float total = slope[problem];
            if (total > SmallestSlope)
            {
                double sum = 0;
                for (int run = Group.IdxX; run < length; run += FloatRun * Group.DimX)
                {
                    int stop = length - run < FloatRun * Group.DimX ? length : run + (FloatRun * Group.DimX);
                    float part = 0;
                    for (int i = run; i < stop; i += Group.DimX)
                    {
                        float value = m[source + i];
                        part += maskGradient[source + i] * (value * (1f - value));
                    }
                    sum += part;
                }
                float weighted = (float)(GroupReduction.Sum(sums, sum) / total);
                for (int i = Group.IdxX; i < length; i += Group.DimX)
                {
                    float value = m[source + i], gradient = value * (1f - value) * (maskGradient[source + i] - weighted);
                    vGradient[target + i] = written != 0 ? vGradient[target + i] + gradient : gradient;
                }
                written = 1;
            }
        }
        if (written == 0)
        {
            for (int i = Group.IdxX; i < length; i += Group.DimX) vGradient[target + i] = 0f;
        }
    }
}
