using System.Globalization;
using Mmrr.App.Profiling;
using Mmrr.Kernels;
using Mmrr.Nn;

namespace Mmrr.App.Commands;

/// <summary>Single kernels for <c>mmrr bench</c>: best times, and for memory-bound kernels the share of the memory limit.</summary>
internal static class KernelBench
{
    // The tolerance that the model uses.
    private const float MaskTolerance = 1e-6f;
    private const int MaskSweeps = 64;

    // The convolutions of the networks at width 128, including the one that halves the image and the shortcut of a block with two inputs, and two narrower
    // ones.
    private static readonly (int C, int K, int H, int Kernel, int Stride)[] s_convolutions =
    [
        (128, 128, 32, 3, 1), (128, 128, 16, 3, 1), (128, 128, 8, 3, 1), (128, 128, 4, 3, 1), (256, 128, 32, 3, 1), (32, 32, 32, 3, 1), (64, 64, 64, 3, 1),
        (128, 128, 32, 3, 2), (256, 128, 32, 1, 1),
    ];

    // Matrices, and the sizes of their products.
    private static readonly (int B, int M, int K, int N)[] s_products =
    [
        (1, 512, 512, 512), (1, 1024, 1024, 1024), (1, 2048, 2048, 2048), (1, 4096, 256, 256), (1, 64, 1024, 1024), (64, 64, 64, 64), (16, 256, 64, 256),
    ];

    /// <summary>Times convolutions, forward alone and together with both gradients.</summary>
    /// <param name="device">The device.</param>
    /// <param name="n">Images.</param>
    /// <param name="width">Channels in and out, and</param>
    /// <param name="size">pixels a side, of one 3×3 convolution in place of the list; 32 of that which is not given.</param>
    public static void Convolutions(Device device, int n, int? width, int? size)
    {
        foreach (var (c, k, h, kernel, stride) in width is null && size is null ? s_convolutions : [(width ?? 32, width ?? 32, size ?? 32, 3, 1)])
        {
            using var scope = new DisposeScope();
            int side = h / stride;
            Shape shape = new(n, h, h, c), weights = new(kernel, kernel, c, k), outputs = new(n, side, side, k);
            Tensor x = Uniform(device, shape), w = Uniform(device, weights), b = Uniform(device, new Shape(k)), dy = Uniform(device, outputs);
            Tensor y = Tensor.Empty(device, outputs), dx = Tensor.Empty(device, shape), dw = Tensor.Empty(device, weights), db = Tensor.Empty(device, b.Shape);
            double flop = 2.0 * n * c * k * kernel * kernel * side * side;
            double forward = BestTime.Of(device, () => Convolution.Forward(x, w, b, null, stride, y));
            double both = BestTime.Of(device, () =>
            {
                Convolution.Forward(x, w, b, null, stride, y);
                Convolution.BackwardData(dy, w, stride, dx);
                Convolution.BackwardWeight(x, dy, stride, dw, db);
            });
            Write(
                $"engine=mmrr case=conv{kernel}x{kernel}{(stride > 1 ? $"s{stride}" : "")} n={n} c={c} k={k} h={h} {Where(device)} ",
                $"forward_ms={forward * 1e3:F3} forward_backward_ms={both * 1e3:F3} ",
                $"forward_gflops={flop / forward / 1e9:F1} forward_backward_gflops={3 * flop / both / 1e9:F1}");
        }
    }

    /// <summary>The mask of 32×32×3 and 256×256×3 images at the levels of a score, with both solvers; v is uniform in [−4, 4).</summary>
    /// <param name="device">The device.</param>
    /// <param name="n">Images.</param>
    /// <param name="levels">Levels.</param>
    /// <param name="size">Pixels a side of one kind of images in place of the two.</param>
    public static void Masks(Device device, int n, int levels, int? size)
    {
        double limit = MachineLimits.MeasureMemory(device).Rate / 1e9;
        foreach (int side in size is { } one ? [one] : (int[])[32, 256])
        {
            using var scope = new DisposeScope();
            var v = Uniform(device, new Shape(n, side, side, 3), 4);
            float[] each = LevelSchedule.Uniform(levels).Levels.ToArray();
            var mu = Tensor.From(device, new Shape(n, levels), [.. Enumerable.Range(0, n).SelectMany(_ => each)]);
            var m = Tensor.Empty(device, new Shape(n * levels, side, side, 3));
            Tensor bias = Tensor.Empty(device, mu.Shape), slope = Tensor.Empty(device, mu.Shape);
            foreach (var solver in (MaskSolver[])[MaskSolver.Newton, MaskSolver.Bisection])
            {
                double seconds = BestTime.Of(device, () => BisectionMask.Forward(v, mu, solver, MaskTolerance, MaskSweeps, m, bias, slope));
                double sweeps = BisectionMask.CountSweeps(v, mu, solver, MaskTolerance, MaskSweeps).Average(),
                    rate = 4 * ((double)v.Count + m.Count) / seconds / 1e9;
                string name = solver == MaskSolver.Newton ? "newton" : "bisection";
                Write(
                    $"engine=mmrr case=mask n={n} levels={levels} d={v.Count / n} solver={name} {Where(device)} ",
                    $"ms={seconds * 1e3:F3} sweeps={sweeps:F2} gbs={rate:F2} ",
                    $"memory_limit_gbs={limit:F1} memory_share={rate / limit:F3}");
            }
        }
    }

    /// <summary>Group normalisation with ReLU at the groups of the networks.</summary>
    /// <param name="device">The device.</param>
    /// <param name="n">Images.</param>
    /// <param name="width">Channels, in place of the list.</param>
    /// <param name="size">Pixels a side, in place of the list.</param>
    public static void GroupNorms(Device device, int n, int? width, int? size)
    {
        double limit = MachineLimits.MeasureMemory(device).Rate / 1e9;
        foreach (int c in width is { } channels ? [channels] : (int[])[16, 32, 64, 128])
        {
            foreach (int h in size is { } side ? [side] : (int[])[32, 16, 8, 4])
            {
                using var scope = new DisposeScope();
                int groups = Math.Min(32, c / 4);
                Shape shape = new(n, h, h, c), statistics = new(n, groups), parameters = new(c);
                Tensor x = Uniform(device, shape), gamma = Uniform(device, parameters), beta = Uniform(device, parameters), dy = Uniform(device, shape);
                Tensor y = Tensor.Empty(device, shape), mean = Tensor.Empty(device, statistics), deviation = Tensor.Empty(device, statistics);
                Tensor dx = Tensor.Empty(device, shape), dgamma = Tensor.Empty(device, parameters), dbeta = Tensor.Empty(device, parameters);
                double forward = BestTime.Of(device, () => GroupNormalization.Forward(x, gamma, beta, groups, 1e-5f, relu: true, y, mean, deviation));
                double backward = BestTime.Of(device, () => GroupNormalization.Backward(x, gamma, beta, mean, deviation, dy, relu: true, dx, dgamma, dbeta));
                double forwardRate = 8.0 * x.Count / forward / 1e9, backwardRate = 12.0 * x.Count / backward / 1e9;
                Write(
                    $"engine=mmrr case=groupnorm n={n} c={c} h={h} groups={groups} {Where(device)} ",
                    $"forward_ms={forward * 1e3:F4} backward_ms={backward * 1e3:F4} forward_gbs={forwardRate:F2} backward_gbs={backwardRate:F2} ",
                    $"memory_limit_gbs={limit:F1} forward_memory_share={forwardRate / limit:F3} backward_memory_share={backwardRate / limit:F3}");
            }
        }
    }

    /// <summary>Matrix products [b, m, k]·[k, n], forward and each gradient: large ones, many rows, few rows, and several small ones.</summary>
    /// <param name="device">The device.</param>
    /// <param name="size">m, k and n of one product in place of the list.</param>
    public static void Products(Device device, int? size)
    {
        foreach (var (b, m, k, n) in size is { } side ? [(1, side, side, side)] : s_products)
        {
            using var scope = new DisposeScope();
            Shape Of(int rows, int columns) => b == 1 ? new(rows, columns) : new(b, rows, columns);
            Tensor left = Uniform(device, Of(m, k)), right = Uniform(device, Of(k, n)), gradient = Uniform(device, Of(m, n));
            Tensor y = Tensor.Empty(device, gradient.Shape), dleft = Tensor.Empty(device, left.Shape), dright = Tensor.Empty(device, right.Shape);
            double flop = 2.0 * b * m * k * n;
            double forward = BestTime.Of(device, () => MatrixProduct.Forward(left, right, null, y));
            double backwardLeft = BestTime.Of(device, () => MatrixProduct.BackwardLeft(gradient, right, dleft));
            double backwardRight = BestTime.Of(device, () => MatrixProduct.BackwardRight(left, gradient, dright));
            Write(
                $"engine=mmrr case=product b={b} m={m} k={k} n={n} {Where(device)} ",
                $"forward_ms={forward * 1e3:F3} left_ms={backwardLeft * 1e3:F3} right_ms={backwardRight * 1e3:F3} ",
                $"forward_gflops={flop / forward / 1e9:F1} left_gflops={flop / backwardLeft / 1e9:F1} right_gflops={flop / backwardRight / 1e9:F1}");
        }
    }

    /// <summary>The figures' device, as the lines have it.</summary>
    public static string Where(Device device) =>
        $"device={device.Name} precision={(device.Precision == MatrixPrecision.Tf32 ? "tf32" : "float32")} threads={device.Workers}";

    private static Tensor Uniform(Device device, Shape shape, float range = 1)
    {
        var tensor = Tensor.Empty(device, shape);
        PhiloxUniform.Fill(1, 0, -range, range, tensor.Count, tensor);
        return tensor;
    }

    // The parts of one line.
    private static void Write(params FormattableString[] parts) =>
        Console.WriteLine(string.Concat(Array.ConvertAll(parts, part => part.ToString(CultureInfo.InvariantCulture))));
}
