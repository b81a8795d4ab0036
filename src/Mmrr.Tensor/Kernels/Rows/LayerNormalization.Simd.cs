using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class LayerNormalization
{
    // A worker takes whole rows, and each row three times: mean, variance, result.
    private static void ForwardSimd(
        SimdLaunch simd, Tensor input, Tensor scale, Tensor shift, float epsilon, Tensor output, Tensor mean, Tensor inverseDeviation, RowLayout layout)
    {
        float* x = input.Pointer, gamma = scale.Pointer, beta = shift.Pointer, y = output.Pointer, mu = mean.Pointer, inverse = inverseDeviation.Pointer;
        int length = layout.Length;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(layout.Rows, layout.Grain);
            for (int row = begin; row < end; row++)
            {
                float* values = x + ((long)row * length), target = y + ((long)row * length);
                float center = Sum(values, length) / length;
                float factor = 1 / MathF.Sqrt((SquaredDeviations(values, length, center) / length) + epsilon);
                mu[row] = center;
                inverse[row] = factor;
                Vector512<float> centers = Vector512.Create(center), factors = Vector512.Create(factor);
                for (int c = 0; c < length; c += Lanes.Width)
                {
                    var normalized = (Lanes.LoadUpTo(values + c, length - c) - centers) * factors;
                    var result = (Lanes.LoadUpTo(gamma + c, length - c) * normalized) + Lanes.LoadUpTo(beta + c, length - c);
                    Lanes.StoreUpTo(result, target + c, length - c);
                }
            }
        });
    }

    // A worker takes a share of the rows at a time: the input's gradient, and the share's sums for those of gamma and beta. After the barrier it takes some of
    // the columns, and adds the sums of all shares.
    private static void BackwardSimd(
        SimdLaunch simd, Tensor input, Tensor scale, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Tensor inputGradient,
        Tensor gammaGradient, Tensor betaGradient, Tensor partialSums, RowLayout layout)
    {
        float* x = input.Pointer, gamma = scale.Pointer, mu = mean.Pointer, inverse = inverseDeviation.Pointer, g = outputGradient.Pointer;
        float* dx = inputGradient.Pointer, dGamma = gammaGradient.Pointer, dBeta = betaGradient.Pointer, partial = partialSums.Pointer;
        int length = layout.Length, rows = layout.Rows;
        var shares = RowShares.Of(rows);
        simd.Run(worker =>
        {
            while (worker.TryTake(shares.Count, out int share))
            {
                float* sums = partial + (2L * share * length);
                new Span<float>(sums, 2 * length).Clear();
                int end = Math.Min(rows, (share + 1) * shares.Size);
                for (int row = share * shares.Size; row < end; row++)
                {
                    long offset = (long)row * length;
                    BackwardRow(x + offset, gamma, mu[row], inverse[row], g + offset, dx + offset, sums, length);
                }
            }
            worker.Barrier();
            var (first, last) = worker.Share(length, Lanes.Width);
            for (int c = first; c < last; c += Lanes.Width)
            {
                Vector512<float> gammaSum = default, betaSum = default;
                for (int i = 0; i < shares.Count; i++)
                {
                    float* sums = partial + (2L * i * length) + c;
                    gammaSum += Lanes.LoadUpTo(sums, last - c);
                    betaSum += Lanes.LoadUpTo(sums + length, last - c);
                }
                Lanes.StoreUpTo(gammaSum, dGamma + c, last - c);
                Lanes.StoreUpTo(betaSum, dBeta + c, last - c);
            }
        });
    }

    /// <summary>The input's gradient of a row; adds g·x̂ and g to the sums [2, length].</summary>
    private static void BackwardRow(float* x, float* gamma, float mean, float inverse, float* g, float* dx, float* sums, int length)
    {
        Vector512<float> centers = Vector512.Create(mean), factors = Vector512.Create(inverse), sum = default, product = default;
        for (int c = 0; c < length; c += Lanes.Width)
        {
            var normalized = (Lanes.LoadUpTo(x + c, length - c) - centers) * factors;
            var gradient = Lanes.LoadUpTo(g + c, length - c);
            Lanes.StoreUpTo(Lanes.LoadUpTo(sums + c, length - c) + (gradient * normalized), sums + c, length - c);
            Lanes.StoreUpTo(Lanes.LoadUpTo(sums + length + c, length - c) + gradient, sums + length + c, length - c);
            gradient *= Lanes.LoadUpTo(gamma + c, length - c);
            sum += gradient;
            product += gradient * normalized;
        }
        var meanGradient = Vector512.Create(Vector512.Sum(sum) / length);
        var meanProduct = Vector512.Create(Vector512.Sum(product) / length);
        for (int c = 0; c < length; c += Lanes.Width)
        {
            var normalized = (Lanes.LoadUpTo(x + c, length - c) - centers) * factors;
            var gradient = Lanes.LoadUpTo(g + c, length - c) * Lanes.LoadUpTo(gamma + c, length - c);
            Lanes.StoreUpTo(factors * (gradient - meanGradient - (normalized * meanProduct)), dx + c, length - c);
        }
    }

    private static float Sum(float* x, int length)
    {
        var sum = Vector512<float>.Zero;
        for (int c = 0; c < length; c += Lanes.Width) sum += Lanes.LoadUpTo(x + c, length - c);
        return Vector512.Sum(sum);
    }

    private static float SquaredDeviations(float* x, int length, float mean)
    {
        Vector512<float> sum = default, centers = Vector512.Create(mean);
        for (int c = 0; c < length; c += Lanes.Width)
        {
            var deviation = Lanes.First(length - c) & (Lanes.LoadUpTo(x + c, length - c) - centers);
            sum += deviation * deviation;
        }
        return Vector512.Sum(sum);
    }
}
