namespace Mmrr.Tests;

/// <summary>The operations as plain float64 loops over row-major arrays.</summary>
internal static class References
{
    public static double[] Convolution(double[] x, double[] weight, double[]? bias, double[]? residual, Shape images, int kernel, int stride)
    {
        int height = images[1], width = images[2], channels = images[3], outputs = weight.Length / (kernel * kernel * channels);
        int rows = ((height - 1) / stride) + 1, columns = ((width - 1) / stride) + 1;
        var y = new double[images[0] * rows * columns * outputs];
        for (int at = 0; at < y.Length; at++)
        {
            int o = at % outputs, j = at / outputs % columns, i = at / outputs / columns % rows, n = at / outputs / columns / rows;
            double sum = (bias?[o] ?? 0) + (residual?[at] ?? 0);
            for (int k = 0; k < kernel; k++)
            {
                for (int l = 0; l < kernel; l++)
                {
                    int row = (i * stride) + k - (kernel / 2), column = (j * stride) + l - (kernel / 2);
                    if (row < 0 || row >= height || column < 0 || column >= width) continue;
                    for (int c = 0; c < channels; c++)
                    {
                        sum += x[(((((n * height) + row) * width) + column) * channels) + c] * weight[(((((k * kernel) + l) * channels) + c) * outputs) + o];
                    }
                }
            }
            y[at] = sum;
        }
        return y;
    }

    /// <summary>Each pixel of x is spread over the outputs under the kernel; what lies outside is dropped.</summary>
    public static double[] TransposedConvolution(double[] x, double[] weight, double[]? bias, Shape images, int kernel, int stride, int outputPadding)
    {
        int height = images[1], width = images[2], channels = images[3], outputs = weight.Length / (kernel * kernel * channels);
        int rows = ((height - 1) * stride) - (2 * (kernel / 2)) + kernel + outputPadding, columns = rows + ((width - height) * stride);
        var y = new double[images[0] * rows * columns * outputs];
        for (int at = 0; at < y.Length; at++) y[at] = bias?[at % outputs] ?? 0;
        for (int at = 0; at < x.Length; at++)
        {
            int c = at % channels, j = at / channels % width, i = at / channels / width % height, n = at / channels / width / height;
            for (int tap = 0; tap < kernel * kernel; tap++)
            {
                int row = (i * stride) + (tap / kernel) - (kernel / 2), column = (j * stride) + (tap % kernel) - (kernel / 2);
                if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
                for (int o = 0; o < outputs; o++)
                {
                    y[(((((n * rows) + row) * columns) + column) * outputs) + o] += x[at] * weight[(((tap * outputs) + o) * channels) + c];
                }
            }
        }
        return y;
    }

    public static double[] GroupNorm(double[] x, double[] gamma, double[] beta, Shape images, int groups, bool relu)
    {
        int pixels = images[1] * images[2], channels = images[3], size = channels / groups;
        var y = new double[x.Length];
        for (int n = 0; n < images[0]; n++)
        {
            for (int g = 0; g < groups; g++)
            {
                int[] members =
                    [.. from p in Enumerable.Range(0, pixels) from c in Enumerable.Range(g * size, size) select (((n * pixels) + p) * channels) + c];
                double mean = members.Average(i => x[i]);
                double deviation = Math.Sqrt(members.Average(i => (x[i] - mean) * (x[i] - mean)) + 1e-5);
                foreach (int i in members)
                {
                    double value = (gamma[i % channels] * (x[i] - mean) / deviation) + beta[i % channels];
                    y[i] = relu ? Math.Max(0, value) : value;
                }
            }
        }
        return y;
    }

    public static double[] Upsample(double[] x, Shape images)
    {
        int height = images[1], width = images[2], channels = images[3];
        var y = new double[4 * x.Length];
        for (int at = 0; at < y.Length; at++)
        {
            int c = at % channels, j = at / channels % (2 * width), i = at / channels / (2 * width) % (2 * height), n = at / channels / (4 * width * height);
            y[at] = x[(((((n * height) + (i / 2)) * width) + (j / 2)) * channels) + c];
        }
        return y;
    }

    public static double[] Concat(int pixels, params double[][] inputs) =>
    [
        .. from p in Enumerable.Range(0, pixels)
           from input in inputs
           from value in input.Skip(p * input.Length / pixels).Take(input.Length / pixels)
           select value,
    ];

    public static double[] Repeat(double[] x, int images, int times) =>
        [.. x.Chunk(x.Length / images).SelectMany(image => Enumerable.Repeat(image, times)).SelectMany(value => value)];

    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    public static double[] BisectionMask(double[] v, float[] levels, int images)
    {
        int size = v.Length / images, count = levels.Length / images;
        var m = new double[levels.Length * size];
        for (int row = 0; row < levels.Length; row++)
        {
            var image = v.AsSpan(row / count * size, size).ToArray();
            double low = -100, high = 100;
            for (int i = 0; i < 120; i++)
            {
                double middle = (low + high) / 2;
                if (image.Average(value => Sigmoid(value + middle)) < levels[row]) low = middle;
                else high = middle;
            }
            for (int i = 0; i < size; i++) m[(row * size) + i] = levels[row] is 0 or 1 ? levels[row] : Sigmoid(image[i] + low);
        }
        return m;
    }
}
