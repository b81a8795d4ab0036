// Matrix products on TorchSharp (libtorch, oneDNN), forward and each gradient, for bench/compare:  product --size N [--threads 2]
// Prints one line of the form of `mmrr bench product`; like there, the best of at least five runs and 0.3 s, each of up to 64 products.
using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

int Option(string name, int otherwise) =>
    Array.IndexOf(args, name) is var at and >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;

int size = Option("--size", 512), threads = Option("--threads", 2);
set_num_threads(threads);
using var left = rand(size, size);
using var right = rand(size, size);
using var gradient = rand(size, size);
using var leftTransposed = left.t();
using var rightTransposed = right.t();
double flop = 2.0 * size * size * size;

// A transposed factor is a view, which oneDNN takes as it lies.
double forward = Best(() => matmul(left, right)), backwardLeft = Best(() => matmul(gradient, rightTransposed)),
    backwardRight = Best(() => matmul(leftTransposed, gradient));
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"peer=torchsharp case=product b=1 m={size} k={size} n={size} threads={threads} forward_ms={forward * 1e3:F3} left_ms={backwardLeft * 1e3:F3} "
    + $"right_ms={backwardRight * 1e3:F3} forward_gflops={flop / forward / 1e9:F1} left_gflops={flop / backwardLeft / 1e9:F1} "
    + $"right_gflops={flop / backwardRight / 1e9:F1}"));

static double Best(Func<Tensor> product)
{
    product().Dispose();
    double best = double.PositiveInfinity;
    var total = Stopwatch.StartNew();
    for (int run = 0; run < 5 || total.Elapsed.TotalSeconds < 0.3; run++)
    {
        int count = best < 0.3 / 64 ? 64 : 1;
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < count; i++) product().Dispose();
        best = Math.Min(best, watch.Elapsed.TotalSeconds / count);
    }
    return best;
}
