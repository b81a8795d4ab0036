using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The first and last convolutions of a network on the CPU: 3×3, stride 1, between many channels (a multiple of 16) and at most four. Tiles of 16 outputs
/// would be mostly empty, so the vectors run along the many channels on either side: <see cref="Gather"/> is the forward pass into few channels and the
/// data gradient of a convolution from few channels, <see cref="Correlate"/> the weight gradient of both. Nothing is copied: a pixel and its neighbours are
/// 3·many floats in a row of the image.
/// </summary>
internal static unsafe class FewChannels
{
    /// <summary>Rows of an image in one unit of work.</summary>
    public const int Rows = 4;

    private const int Lanes = 16;

    /// <summary>Whether this class supports the convolution.</summary>
    public static bool Suits(in Convolution.Geometry g, int many, int few) => g.Kernel == 3 && g.Stride == 1 && many % Lanes == 0 && few <= 4;

    /// <summary>
    /// y[i, j, f] = bias[f] + Σ over (k, l, m) of x[i + k − 1, j + l − 1, m]·weights[f, k, l, m] (+ residual) for some rows of one image. 18·many
    /// operations per result.
    /// </summary>
    /// <param name="x">[H, W, many], one image.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="many">Channels of x.</param>
    /// <param name="few">Channels of y.</param>
    /// <param name="weights">[few, 3, 3, many].</param>
    /// <param name="bias">[few] or null.</param>
    /// <param name="residual">[H, W, few] or null.</param>
    /// <param name="y">[H, W, few].</param>
    /// <param name="begin">The first row.</param>
    /// <param name="end">The row after the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(float* x, int height, int width, int many, int few, float* weights, float* bias, float* residual, float* y, int begin, int end)
    {
        for (int i = begin; i < end; i++)
        {
            int firstRow = Math.Max(0, 1 - i), lastRow = Math.Min(2, height - i);
            for (int j = 0; j < width; j++)
            {
                // The existing neighbours are contiguous.
                int firstColumn = Math.Max(0, 1 - j), columns = Math.Min(2, width - j) - firstColumn + 1;
                for (int f = 0; f < few; f++)
                {
                    Vector512<float> sum0 = default, sum1 = default;
                    for (int k = firstRow; k <= lastRow; k++)
                    {
                        float* from = x + (((((nint)i + k - 1) * width) + j + firstColumn - 1) * many);
                        float* w = weights + (((((nint)f * 3) + k) * 3) + firstColumn) * many;
                        int c = 0;
                        for (; c + (2 * Lanes) <= columns * many; c += 2 * Lanes)
                        {
                            sum0 = Vector512.MultiplyAddEstimate(Vector512.Load(from + c), Vector512.Load(w + c), sum0);
                            sum1 = Vector512.MultiplyAddEstimate(Vector512.Load(from + c + Lanes), Vector512.Load(w + c + Lanes), sum1);
                        }
                        if (c < columns * many) sum0 = Vector512.MultiplyAddEstimate(Vector512.Load(from + c), Vector512.Load(w + c), sum0);
                    }
                    float value = Vector512.Sum(sum0 + sum1);
                    nint at = ((((nint)i * width) + j) * few) + f;
                    if (bias != null) value += bias[f];
                    if (residual != null) value += residual[at];
                    y[at] = value;
                }
            }
        }
    }

    /// <summary>
    /// sums[f, k, l, m] += Σ over the pixels (i, j) of some rows of x[i + k − 1, j + l − 1, m]·y[i, j, f]. 18·many·few operations per pixel.
    /// </summary>
    /// <param name="x">[H, W, many], one image.</param>
    /// <param name="y">[H, W, few].</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="many">Channels of x.</param>
    /// <param name="few">Channels of y.</param>
    /// <param name="begin">The first row of y.</param>
    /// <param name="end">The row after the last.</param>
    /// <param name="line">Scratch of W + 2 floats.</param>
    /// <param name="sums">[few, 3, 3, many].</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Correlate(float* x, float* y, int height, int width, int many, int few, int begin, int end, float* line, float* sums)
    {
        line[0] = 0;
        line[width + 1] = 0;
        for (int i = begin; i < end; i++)
        {
            for (int f = 0; f < few; f++)
            {
                for (int j = 0; j < width; j++) line[j + 1] = y[((((nint)i * width) + j) * few) + f];
                for (int k = Math.Max(0, 1 - i); k <= Math.Min(2, height - i); k++)
                {
                    float* row = x + ((nint)(i + k - 1) * width * many);
                    float* left = sums + ((((nint)f * 3) + k) * 3 * many), middle = left + many, right = middle + many;
                    int c = 0;
                    for (; c + (2 * Lanes) <= many; c += 2 * Lanes)
                    {
                        Vector512<float> l0 = Vector512.Load(left + c), m0 = Vector512.Load(middle + c), r0 = Vector512.Load(right + c);
                        Vector512<float> l1 = Vector512.Load(left + c + Lanes), m1 = Vector512.Load(middle + c + Lanes), r1 = Vector512.Load(right + c + Lanes);
                        float* from = row + c;
                        // Pixel j of x is left of j + 1 of y, at j, and right of j − 1.
                        for (int j = 0; j < width; j++, from += many)
                        {
                            Vector512<float> x0 = Vector512.Load(from), x1 = Vector512.Load(from + Lanes);
                            Vector512<float> ahead = Vector512.Create(line[j + 2]), here = Vector512.Create(line[j + 1]), behind = Vector512.Create(line[j]);
                            l0 = Vector512.MultiplyAddEstimate(x0, ahead, l0);
                            l1 = Vector512.MultiplyAddEstimate(x1, ahead, l1);
                            m0 = Vector512.MultiplyAddEstimate(x0, here, m0);
                            m1 = Vector512.MultiplyAddEstimate(x1, here, m1);
                            r0 = Vector512.MultiplyAddEstimate(x0, behind, r0);
                            r1 = Vector512.MultiplyAddEstimate(x1, behind, r1);
                        }
                        l0.Store(left + c);
                        l1.Store(left + c + Lanes);
                        m0.Store(middle + c);
                        m1.Store(middle + c + Lanes);
                        r0.Store(right + c);
                        r1.Store(right + c + Lanes);
                    }
                    if (c == many) continue;
                    Vector512<float> l = Vector512.Load(left + c), m = Vector512.Load(middle + c), r = Vector512.Load(right + c);
                    float* last = row + c;
                    for (int j = 0; j < width; j++, last += many)
                    {
                        var value = Vector512.Load(last);
                        l = Vector512.MultiplyAddEstimate(value, Vector512.Create(line[j + 2]), l);
                        m = Vector512.MultiplyAddEstimate(value, Vector512.Create(line[j + 1]), m);
                        r = Vector512.MultiplyAddEstimate(value, Vector512.Create(line[j]), r);
                    }
                    l.Store(left + c);
                    m.Store(middle + c);
                    r.Store(right + c);
                }
            }
        }
    }

    /// <summary>sums[c] += Σ over the pixels of values[pixel, c].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* values, int pixels, int channels, float* sums)
    {
        int c = 0;
        for (; c + Lanes <= channels; c += Lanes)
        {
            var sum = Vector512<float>.Zero;
            for (int p = 0; p < pixels; p++) sum += Vector512.Load(values + ((nint)p * channels) + c);
            (Vector512.Load(sums + c) + sum).Store(sums + c);
        }
        for (; c < channels; c++)
        {
            float sum = 0;
            for (int p = 0; p < pixels; p++) sum += values[((nint)p * channels) + c];
            sums[c] += sum;
        }
    }
}
