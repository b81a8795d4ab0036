using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

public static partial class LayerNormalization
{
    private static void BackwardSimt(SimtLaunch simt, RowLayout layout, BackwardArguments arguments)
    {
        simt.Run(layout.Grid, BackwardInputKernel, arguments);
        simt.Run(SimtGrid.Threads((long)arguments.Shares.Count * layout.Length), PartialKernel, arguments);
        simt.Run(SimtGrid.Threads(layout.Length), TotalKernel, arguments);
    }

    // A warp takes a row; its threads iterate over the elements three times: mean, variance, result. 8 bytes per element, two reads from a cache, and gamma
    // and beta from a cache; 7 operations.
    [SimtKernel(GroupSize = RowLayout.GroupSize)]
    private static void ForwardKernel(ForwardArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int first = Grid.IdxX * a.Length;
        float sum = 0;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX) sum += a.X[first + c];
        float mean = GroupReduction.Sum(shared, sum) / a.Length;
        sum = 0;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX)
        {
            float deviation = a.X[first + c] - mean;
            sum += deviation * deviation;
        }
        float inverse = 1 / XMath.Sqrt((GroupReduction.Sum(shared, sum) / a.Length) + a.Epsilon);
        if (Group.IdxX == 0)
        {
            a.Mean[Grid.IdxX] = mean;
            a.InverseDeviation[Grid.IdxX] = inverse;
        }
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX) a.Output[first + c] = (a.Gamma[c] * ((a.X[first + c] - mean) * inverse)) + a.Beta[c];
    }

    // A warp takes a row; its threads iterate over the elements twice: the two means, result. 12 bytes per element, two reads and gamma from a cache; 12
    // operations.
    [SimtKernel(GroupSize = RowLayout.GroupSize)]
    private static void BackwardInputKernel(BackwardArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int first = Grid.IdxX * a.Length;
        float mean = a.Mean[Grid.IdxX], inverse = a.InverseDeviation[Grid.IdxX], sum = 0, product = 0;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX)
        {
            float gradient = a.OutputGradient[first + c] * a.Gamma[c];
            sum += gradient;
            product += gradient * ((a.X[first + c] - mean) * inverse);
        }
        var sums = GroupReduction.Sum(shared, sum, product);
        sum = sums.First / a.Length;
        product = sums.Second / a.Length;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX)
        {
            float normalized = (a.X[first + c] - mean) * inverse, gradient = a.OutputGradient[first + c] * a.Gamma[c];
            a.InputGradient[first + c] = inverse * (gradient - sum - (normalized * product));
        }
    }

    // A thread takes the (share, column) i, i + grid, … and adds g·x̂ and g over the rows of the share; neighbouring threads read neighbouring columns. 8 bytes
    // per element, the statistics from a cache; 5 operations.
    [SimtKernel]
    private static void PartialKernel(BackwardArguments a)
    {
        int threads = QuadWalk.Threads, count = a.Shares.Count * a.Length;
        for (int i = QuadWalk.Thread; i < count; i += threads)
        {
            int share = i / a.Length, c = i - (share * a.Length), begin = share * a.Shares.Size;
            int end = Math.Min(a.Rows, begin + a.Shares.Size);
            float gammaSum = 0, betaSum = 0;
            for (int row = begin; row < end; row++)
            {
                float gradient = a.OutputGradient[(row * a.Length) + c];
                gammaSum += gradient * ((a.X[(row * a.Length) + c] - a.Mean[row]) * a.InverseDeviation[row]);
                betaSum += gradient;
            }
            a.Partial[(2 * share * a.Length) + c] = gammaSum;
            a.Partial[(((2 * share) + 1) * a.Length) + c] = betaSum;
        }
    }

    // A thread takes the columns i, i + grid, … and adds the sums of the shares in order: 8 bytes and 2 operations for each share.
    [SimtKernel]
    private static void TotalKernel(BackwardArguments a)
    {
        int threads = QuadWalk.Threads;
        for (int c = QuadWalk.Thread; c < a.Length; c += threads)
        {
            float gammaSum = 0, betaSum = 0;
            for (int share = 0; share < a.Shares.Count; share++)
            {
                gammaSum += a.Partial[(2 * share * a.Length) + c];
                betaSum += a.Partial[(((2 * share) + 1) * a.Length) + c];
            }
            a.GammaGradient[c] = gammaSum;
            a.BetaGradient[c] = betaSum;
        }
    }

    internal struct ForwardArguments
    {
        public ArrayView<float> X, Gamma, Beta, Output, Mean, InverseDeviation;
        public float Epsilon;
        public int Length;
    }

    /// <summary>What the three kernels of the gradients read and write; the partial sums are [shares, 2, length], of g·x̂ and of g.</summary>
    internal struct BackwardArguments
    {
        public ArrayView<float> X, Gamma, Mean, InverseDeviation, OutputGradient, InputGradient, GammaGradient, BetaGradient, Partial;
        public RowShares Shares;
        public int Rows, Length;
    }
}
