using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class MatrixProductTests(TestDevices devices)
{
    // M, K, N, or matrices and these; GPUs take other kernels for multiples of four.
    public static TheoryData<string, int[]> Products => TestDevices.Rows(
        [[1, 1, 1], [1, 5, 3], [7, 1, 9], [13, 17, 33], [16, 16, 16], [20, 8, 12], [50, 4, 36], [1, 2, 3, 4], [2, 3, 5, 7], [3, 16, 16, 16], [2, 17, 33, 9]],
        [
            [100, 400, 50], [48, 384, 256], [5, 300, 600], [5000, 16, 24], [4000, 3, 1], [1, 4000, 17], [33, 65, 31, 20], [200, 9, 10, 11], [49, 130, 67],
        ],
        [[61, 1000, 70], [97, 385, 301], [49, 769, 257], [130, 2000, 70], [2, 50, 390, 270]],
        (64, [20, 8, 12]), (64, [3, 17, 9, 18]));

    [Theory]
    [MemberData(nameof(Products))]
    public void A_product_and_its_gradients_are_those_of_the_definition(string device, int[] sizes)
    {
        int matrices = sizes.Length == 4 ? sizes[0] : 1, m = sizes[^3], k = sizes[^2], n = sizes[^1];
        Shape Of(int rows, int columns) => sizes.Length == 4 ? new(matrices, rows, columns) : new(rows, columns);
        var random = new RandomInputs();
        HostTensor a = random.Uniform(Of(m, k)), b = random.Uniform(Of(k, n)), g = random.Uniform(Of(m, n)), bias = random.Uniform(new Shape(n));

        var y = devices.Run(device, [a, b], [g.Shape], (given, taken) => MatrixProduct.Forward(given[0], given[1], null, taken[0]));
        Bound(a, b, matrices, m, k, n, false, false).Check(y[0], "output");
        var left = devices.Run(device, [g, b], [a.Shape], (given, taken) => MatrixProduct.BackwardLeft(given[0], given[1], taken[0]));
        Bound(g, b, matrices, m, n, k, false, true).Check(left[0], "left gradient");
        var right = devices.Run(device, [a, g], [b.Shape], (given, taken) => MatrixProduct.BackwardRight(given[0], given[1], taken[0]));
        Bound(a, g, matrices, k, m, n, true, false).Check(right[0], "right gradient");

        y = devices.Run(device, [a, b, bias], [g.Shape], (given, taken) => MatrixProduct.Forward(given[0], given[1], given[2], taken[0]));
        double[] Add(double[] values, double[] biases) => [.. values.Select((value, i) => value + biases[i % n])];
        ErrorBound.Sum(
            Add(MatrixReference.Product(a.Doubles, b.Doubles, matrices, m, k, n), bias.Doubles),
            Add(Magnitude(a, b, matrices, m, k, n, false, false), ErrorBound.Magnitude(bias.Doubles)),
            k + 1).Check(y[0], "output with bias");
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Several_matrices_times_one_are_one_product_of_all_rows(string device)
    {
        var random = new RandomInputs();
        HostTensor a = random.Uniform(new Shape(3, 7, 10)), b = random.Uniform(new Shape(10, 5)), g = random.Uniform(new Shape(3, 7, 5));
        var y = devices.Run(device, [a, b], [g.Shape], (given, taken) => MatrixProduct.Forward(given[0], given[1], null, taken[0]));
        Bound(a, b, 1, 21, 10, 5, false, false).Check(y[0], "output");
        var left = devices.Run(device, [g, b], [a.Shape], (given, taken) => MatrixProduct.BackwardLeft(given[0], given[1], taken[0]));
        Bound(g, b, 1, 21, 5, 10, false, true).Check(left[0], "left gradient");
        var right = devices.Run(device, [a, g], [b.Shape], (given, taken) => MatrixProduct.BackwardRight(given[0], given[1], taken[0]));
        Bound(a, g, 1, 10, 21, 5, true, false).Check(right[0], "right gradient");
    }

    [Fact]
    public void A_row_does_not_depend_on_the_other_rows_or_matrices()
    {
        const int K = 900, N = 70;
        var random = new RandomInputs();
        HostTensor a = random.Uniform(new Shape(100, K)), b = random.Uniform(new Shape(K, N)), b2 = random.Uniform(new Shape(2, K, N));
        float[] all = Forward(a, b, new Shape(100, N));
        foreach (int rows in new[] { 1, 3, 8, 11, 50 })
        {
            Assert.Equal(all[..(rows * N)], Forward(new HostTensor(new Shape(rows, K), a.Values[..(rows * K)]), b, new Shape(rows, N)));
        }
        float[] two = Forward(new HostTensor(new Shape(2, 50, K), a.Values), b2, new Shape(2, 50, N));
        var second = new HostTensor(new Shape(50, K), a.Values[(50 * K)..]);
        Assert.Equal(two[(50 * N)..], Forward(second, new HostTensor(b.Shape, b2.Values[(K * N)..]), new Shape(50, N)));

        float[] Forward(HostTensor left, HostTensor right, Shape output) =>
            devices.Run("cpu", [left, right], [output], (given, taken) => MatrixProduct.Forward(given[0], given[1], null, taken[0]))[0];
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void Wrong_shapes_are_refused(string device)
    {
        using var scope = new DisposeScope();
        Tensor Make(params int[] sizes) => Tensor.Empty(devices.Get(device), new Shape(sizes));
        Tensor a = Make(3, 4), b = Make(4, 8), y = Make(3, 8);
        Refused("MatrixProduct.Forward", ["b is [3, 4]", "[4, N]"], () => MatrixProduct.Forward(a, a, null, y));
        Refused("MatrixProduct.Forward", ["a is [4]", "[M, K] or [B, M, K]"], () => MatrixProduct.Forward(Make(4), b, null, y));
        Refused("MatrixProduct.Forward", ["output is [3, 4]", "[3, 8]"], () => MatrixProduct.Forward(a, b, null, a));
        Refused("", ["bias is [3]", "[8]"], () => MatrixProduct.Forward(a, b, Make(3), y));
        Refused("MatrixProduct.Forward", ["b is [3, 4, 8]", "[2, 4, N] or [4, N]"], () => MatrixProduct.Forward(Make(2, 3, 4), Make(3, 4, 8), null, y));
        Refused("MatrixProduct.Forward", ["b is [2, 4, 8]", "[4, N]"], () => MatrixProduct.Forward(a, Make(2, 4, 8), null, y));
        Refused("MatrixProduct.BackwardLeft", ["outputGradient is [3, 4]", "[3, 8]"], () => MatrixProduct.BackwardLeft(a, b, Make(3, 4)));
        Refused("MatrixProduct.BackwardRight", ["outputGradient is [3, 4]", "[3, 8]"], () => MatrixProduct.BackwardRight(a, a, Make(4, 8)));
        Refused("MatrixProduct.BackwardRight", ["rightGradient is [3, 8]", "[4, N]"], () => MatrixProduct.BackwardRight(a, y, Make(3, 8)));
        Refused("", ["shares its buffer"], () => MatrixProduct.Forward(Make(4, 4), y.Share(new Shape(4, 6)), null, y.Share(new Shape(4, 6))));
    }

    private static void Refused(string operation, string[] parts, Action action)
    {
        string message = Assert.Throws<ArgumentException>(action).Message;
        foreach (string part in (string[])[operation, .. parts]) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static ErrorBound Bound(HostTensor a, HostTensor b, int matrices, int rows, int terms, int columns, bool left, bool right) => ErrorBound.Sum(
        MatrixReference.Product(a.Doubles, b.Doubles, matrices, rows, terms, columns, left, right),
        Magnitude(a, b, matrices, rows, terms, columns, left, right), terms);

    private static double[] Magnitude(HostTensor a, HostTensor b, int matrices, int rows, int terms, int columns, bool left, bool right) =>
        MatrixReference.Product(ErrorBound.Magnitude(a.Doubles), ErrorBound.Magnitude(b.Doubles), matrices, rows, terms, columns, left, right);
}
