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

    public static double[] MatrixProduct(double[] a, double[] b, int matrices, int rows, int terms, int columns) =>
    [
        .. from matrix in Enumerable.Range(0, matrices)
           from i in Enumerable.Range(matrix * rows, rows)
           from j in Enumerable.Range(0, columns)
           select Enumerable.Range(0, terms).Sum(k => a[(i * terms) + k] * b[(((matrix * terms) + k) * columns) + j]),
    ];

    /// <summary>The second tensor is added along the last axes of the first.</summary>
    public static double[] Add(double[] a, double[] b) => [.. a.Select((value, i) => value + b[i % b.Length])];

    public static double[] Sum(double[] x, Shape shape, int[] axes)
    {
        int[] kept = [.. Enumerable.Range(0, shape.Rank).Except(axes)];
        var y = new double[kept.Aggregate(1, (count, axis) => count * shape[axis])];
        for (int at = 0; at < x.Length; at++)
        {
            int[] index = Index(at, shape);
            y[kept.Aggregate(0, (place, axis) => (place * shape[axis]) + index[axis])] += x[at];
        }
        return y;
    }

    public static double[] Broadcast(double[] x, Shape from, Shape to) =>
    [
        .. Enumerable.Range(0, to.Count).Select(at =>
        {
            int[] index = Index(at, to)[(to.Rank - from.Rank)..];
            return x[Enumerable.Range(0, from.Rank).Aggregate(0, (place, axis) => (place * from[axis]) + Math.Min(index[axis], from[axis] - 1))];
        }),
    ];

    public static double[] Permute(double[] x, Shape shape, int[] axes)
    {
        var y = new double[x.Length];
        for (int at = 0; at < x.Length; at++)
        {
            int[] index = Index(at, shape);
            y[axes.Aggregate(0, (place, axis) => (place * shape[axis]) + index[axis])] = x[at];
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

    /// <summary>Pooling of windows of so many pixels a side, or of whole images; the values of a window become one.</summary>
    public static double[] Pool(double[] x, Shape images, int kernel, int stride, Func<IEnumerable<double>, double> combine) =>
        Pool(x, images, kernel, kernel, stride, combine);

    public static double[] Pool(double[] x, Shape images, int tall, int wide, int stride, Func<IEnumerable<double>, double> combine) =>
    [
        .. from n in Enumerable.Range(0, images[0])
           from i in Enumerable.Range(0, ((images[1] - tall) / stride) + 1)
           from j in Enumerable.Range(0, ((images[2] - wide) / stride) + 1)
           from c in Enumerable.Range(0, images[3])
           select combine(
               from k in Enumerable.Range(i * stride, tall)
               from l in Enumerable.Range(j * stride, wide)
               select x[(((((n * images[1]) + k) * images[2]) + l) * images[3]) + c]),
    ];

    public static double[] Softmax(double[] x, int classes) =>
        [.. x.Chunk(classes).SelectMany(row => row.Select(value => Math.Exp(value) / row.Sum(Math.Exp)))];

    public static double CrossEntropy(double[] logits, double[] target, int classes) =>
        -Softmax(logits, classes).Zip(target, (p, t) => t * Math.Log(p)).Sum() / (logits.Length / classes);

    public static double[] LayerNorm(double[] x, double[] gamma, double[] beta) =>
    [
        .. x.Chunk(gamma.Length).SelectMany(row =>
        {
            double mean = row.Average(), deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + 1e-5);
            return row.Select((value, c) => (gamma[c] * (value - mean) / deviation) + beta[c]);
        }),
    ];

    /// <summary>x·Φ(x), Φ by Simpson's rule.</summary>
    public static double Gelu(double x)
    {
        const int Steps = 200;
        double sum = 0;
        for (int i = 0; i <= Steps; i++) sum += (i is 0 or Steps ? 1 : i % 2 == 0 ? 2 : 4) * Math.Exp(-0.5 * Math.Pow(x * i / Steps, 2));
        return x * (0.5 + (sum * x / Steps / 3 / Math.Sqrt(2 * Math.PI)));
    }

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

    /// <summary>The index along each axis of the element at this place.</summary>
    private static int[] Index(int at, Shape shape)
    {
        int[] index = new int[shape.Rank];
        for (int axis = shape.Rank - 1; axis >= 0; at /= shape[axis--]) index[axis] = at % shape[axis];
        return index;
    }
}
