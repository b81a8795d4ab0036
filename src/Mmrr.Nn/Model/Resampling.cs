using System.Buffers;
using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// Resizes images of one size to another with a triangle filter whose support grows with the downscale factor (PIL's antialiased bilinear). The taps are
/// computed once; an instance is thread-safe.
/// </summary>
public sealed class Resampling
{
    private readonly Taps rows;
    private readonly Taps columns;

    /// <summary>Prepares the filter; sizes in pixels, each at least 1.</summary>
    public Resampling(int height, int width, int newHeight, int newWidth)
    {
        rows = new Taps(height, newHeight);
        columns = new Taps(width, newWidth);
    }

    /// <summary>Resizes one image, accumulating in double and rounding once.</summary>
    /// <param name="source">[height, width, channels].</param>
    /// <param name="channels">Interleaved channels, at least 1.</param>
    /// <typeparam name="T">Bytes or 16-bit values; the result has the same type.</typeparam>
    /// <returns>[newHeight, newWidth, channels].</returns>
    public T[] Resize<T>(ReadOnlySpan<T> source, int channels)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        var result = new T[rows.Out * columns.Out * channels];
        double white = double.CreateTruncating(T.MaxValue);
        Resize(source, channels, (row, sums) =>
        {
            var target = result.AsSpan(row * sums.Length, sums.Length);
            for (int i = 0; i < sums.Length; i++)
                target[i] = T.CreateTruncating(Math.Clamp(sums[i], 0, white) + 0.5);
        });
        return result;
    }

    /// <summary>Resizes a map of one value per pixel.</summary>
    /// <param name="source">[height, width].</param>
    /// <returns>[newHeight, newWidth].</returns>
    public float[] Resize(ReadOnlySpan<float> source)
    {
        var result = new float[rows.Out * columns.Out];
        Resize(source, 1, (row, sums) =>
        {
            for (int i = 0; i < sums.Length; i++)
                result[(row * sums.Length) + i] = (float)sums[i];
        });
        return result;
    }

    /// <summary>Passes every row of the result, [newWidth, channels], to a callback in order.</summary>
    private void Resize<T>(ReadOnlySpan<T> source, int channels, Action<int, Span<double>> result)
        where T : INumber<T>
    {
        if (source.Length != rows.In * columns.In * channels)
            throw new ArgumentException($"{source.Length} values do not match an image of [{rows.In}, {columns.In}, {channels}]");
        int stride = columns.Out * channels;
        double[] narrowed = ArrayPool<double>.Shared.Rent(rows.In * stride);
        double[] sums = ArrayPool<double>.Shared.Rent(stride);
        for (int y = 0; y < rows.In; y++)
            ResizeRow(source.Slice(y * columns.In * channels, columns.In * channels), narrowed.AsSpan(y * stride, stride), channels);

        for (int y = 0; y < rows.Out; y++)
        {
            var sum = sums.AsSpan(0, stride);
            sum.Clear();
            var weights = rows.Weights(y);
            for (int k = 0; k < weights.Length; k++)
            {
                double weight = weights[k];
                var row = narrowed.AsSpan((rows.First(y) + k) * stride, stride);
                for (int i = 0; i < row.Length; i++)
                    sum[i] += weight * row[i];
            }

            result(y, sum);
        }

        ArrayPool<double>.Shared.Return(narrowed);
        ArrayPool<double>.Shared.Return(sums);
    }

    private void ResizeRow<T>(ReadOnlySpan<T> source, Span<double> target, int channels)
        where T : INumber<T>
    {
        for (int x = 0; x < columns.Out; x++)
        {
            var weights = columns.Weights(x);
            int start = columns.First(x) * channels;
            for (int c = 0; c < channels; c++)
            {
                double sum = 0;
                for (int k = 0; k < weights.Length; k++)
                    sum += weights[k] * double.CreateTruncating(source[start + (k * channels) + c]);
                target[(x * channels) + c] = sum;
            }
        }
    }

    /// <summary>Normalised filter weights for every output position along one axis.</summary>
    private sealed class Taps
    {
        private readonly int[] first;
        private readonly double[][] weights;

        public Taps(int from, int to)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(to, 1);
            In = from;
            Out = to;
            first = new int[to];
            weights = new double[to][];
            double scale = (double)from / to;
            double support = Math.Max(scale, 1);
            for (int i = 0; i < to; i++)
            {
                double center = (i + 0.5) * scale;
                int low = Math.Max(0, (int)(center - support + 0.5));
                int high = Math.Min(from, (int)(center + support + 0.5));
                var row = new double[high - low];
                double total = 0;
                for (int k = 0; k < row.Length; k++)
                {
                    row[k] = Math.Max(0, 1 - (Math.Abs(low + k + 0.5 - center) / support));
                    total += row[k];
                }

                for (int k = 0; k < row.Length; k++)
                    row[k] /= total;
                first[i] = low;
                weights[i] = row;
            }
        }

        public int In { get; }

        public int Out { get; }

        public int First(int position) => first[position];

        public ReadOnlySpan<double> Weights(int position) => weights[position];
    }
}
