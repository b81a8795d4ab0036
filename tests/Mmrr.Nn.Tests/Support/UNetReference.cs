namespace Mmrr.Nn.Tests.Support;

/// <summary>
/// The U-Net of design/method.md in float64 and plain loops, on one image in planes [C, H, W], with PyTorch's weights [out, in, K, K].
/// It shares nothing with the layers.
/// </summary>
internal sealed class UNetReference(IReadOnlyList<(string Name, int[] Shape, float[] Values)> weights, string prefix, int resolutions)
{
    private const double Epsilon = 1e-5;

    private readonly Dictionary<string, (int[] Shape, float[] Values)> _weights =
        weights.Where(w => w.Name.StartsWith(prefix + ".", StringComparison.Ordinal))
            .ToDictionary(w => w.Name[(prefix.Length + 1)..], w => (w.Shape, w.Values));

    /// <summary>Which half of <c>up.{r}.0</c>'s input the skip is; the second, unless a test wants to see that this matters.</summary>
    public bool SkipFirst { get; init; }

    /// <summary>[C][H·W] to [O][H·W].</summary>
    public double[][] Forward(double[][] x, int size)
    {
        var h = Conv("stem", x, size, 1);
        var skips = new double[resolutions][][];
        for (int r = 0; r < resolutions; r++)
        {
            h = Block($"down.{r}.1", Block($"down.{r}.0", h, size), size);
            skips[r] = h;
            if (r == resolutions - 1) break;
            h = Conv($"shrink.{r}", h, size, 2);
            size /= 2;
        }
        for (int r = resolutions - 2; r >= 0; r--)
        {
            h = Upsample(h, size);
            size *= 2;
            h = Conv($"grow.{r}", h, size, 1);
            h = SkipFirst ? [.. skips[r], .. h] : [.. h, .. skips[r]];
            h = Block($"up.{r}.1", Block($"up.{r}.0", h, size), size);
        }
        return Conv("head", NormRelu("norm", h), size, 1);
    }

    private static double[][] Upsample(double[][] x, int size) =>
        [.. x.Select(plane => Enumerable.Range(0, 4 * size * size).Select(i => plane[(i / (2 * size) / 2 * size) + (i % (2 * size) / 2)]).ToArray())];

    private double[][] Block(string name, double[][] x, int size)
    {
        var h = Conv($"{name}.conv1", NormRelu($"{name}.norm1", x), size, 1);
        h = Conv($"{name}.conv2", NormRelu($"{name}.norm2", h), size, 1);
        var shortcut = _weights.ContainsKey($"{name}.shortcut.weight") ? Conv($"{name}.shortcut", x, size, 1) : x;
        return [.. h.Select((plane, c) => plane.Select((value, i) => value + shortcut[c][i]).ToArray())];
    }

    private double[][] NormRelu(string name, double[][] x)
    {
        float[] weight = _weights[$"{name}.weight"].Values, bias = _weights[$"{name}.bias"].Values;
        int channels = x.Length / Math.Min(32, x.Length / 4);
        var result = new double[x.Length][];
        for (int first = 0; first < x.Length; first += channels)
        {
            double[] group = [.. x[first..(first + channels)].SelectMany(plane => plane)];
            double mean = group.Average(), deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + Epsilon);
            for (int c = first; c < first + channels; c++)
                result[c] = [.. x[c].Select(v => Math.Max(0, ((v - mean) / deviation * weight[c]) + bias[c]))];
        }
        return result;
    }

    private double[][] Conv(string name, double[][] x, int size, int stride)
    {
        var (shape, weight) = _weights[$"{name}.weight"];
        float[] bias = _weights[$"{name}.bias"].Values;
        int kernel = shape[2], half = kernel / 2, outSize = size / stride;
        var result = new double[shape[0]][];
        for (int o = 0; o < shape[0]; o++)
        {
            result[o] = new double[outSize * outSize];
            for (int i = 0; i < result[o].Length; i++)
            {
                double sum = bias[o];
                for (int c = 0; c < shape[1]; c++)
                {
                    for (int ky = 0; ky < kernel; ky++)
                    {
                        for (int kx = 0; kx < kernel; kx++)
                        {
                            int y = (i / outSize * stride) + ky - half, column = (i % outSize * stride) + kx - half;
                            if (y < 0 || y >= size || column < 0 || column >= size) continue;
                            sum += weight[(((((o * shape[1]) + c) * kernel) + ky) * kernel) + kx] * x[c][(y * size) + column];
                        }
                    }
                }
                result[o][i] = sum;
            }
        }
        return result;
    }
}
