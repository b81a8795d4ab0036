using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>
/// Convolutions with TF32 factors, on <c>ptx</c> and on <c>cuda</c>. The reference has its factors rounded to the nearest TF32 numbers, so that what is
/// left are the roundings of the sums: a kernel
/// that cuts factors off fails.
/// </summary>
public class ConvolutionTf32Tests(TestDevices devices)
{
    // Images, height, width, channels, outputs, K, stride. Blocks of 64 and of 128 in each direction, edges, shares, both strides; where the channels that are
    // summed are no multiple of 16 (20, 68), the float32 kernels.
    private static readonly int[][] s_small =
    [
        [1, 1, 1, 16, 16, 3, 1], [1, 5, 9, 16, 32, 3, 1], [1, 5, 7, 16, 80, 3, 2], [2, 9, 8, 16, 68, 3, 1],
        [1, 12, 11, 80, 16, 1, 1], [1, 5, 6, 32, 16, 1, 2], [1, 3, 4, 16, 16, 5, 1],
    ];

    private static readonly int[][] s_large =
    [
        [2, 33, 31, 64, 48, 3, 1], [2, 17, 13, 48, 32, 3, 2], [1, 16, 16, 128, 128, 3, 1],
        [3, 9, 7, 128, 64, 1, 1], [9, 4, 4, 80, 160, 3, 1],
    ];

    // `cpu` and the simulator compute in float32.
    public static TheoryData<string, int[]> Cases
    {
        get
        {
            var rows = new TheoryData<string, int[]>();
            foreach (var row in TestDevices.Rows(s_small, s_large))
            {
                var (device, sizes) = row.Data;
                if (device is not ("cpu" or "simt")) rows.Add(device, sizes);
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_rounds_its_factors_to_the_nearest_and_sums_in_float32(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(s.X), weight = random.Uniform(s.Weight), bias = random.Uniform(s.Bias), residual = random.Uniform(s.Output);
        bool rounds = s.C % 16 == 0;
        double[] xs = Factors(x, rounds), ws = Factors(weight, rounds);
        var expected = Bound(
            ConvolutionReference.Forward(s, xs, ws, bias.Doubles, residual.Doubles),
            ConvolutionReference.Forward(
                s, ErrorBound.Magnitude(xs), ErrorBound.Magnitude(ws), ErrorBound.Magnitude(bias.Doubles), ErrorBound.Magnitude(residual.Doubles)),
            s.K * s.K * s.C);
        var actual = Run(device, [x, weight, bias, residual], [s.Output], (given, taken) =>
            Convolution.Forward(given[0], given[1], given[2], given[3], s.Stride, taken[0]));
        expected.Check(actual[0], "output");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BackwardData_rounds_its_factors_to_the_nearest_and_sums_in_float32(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor outputGradient = random.Uniform(s.Output), weight = random.Uniform(s.Weight);
        bool rounds = s.O % 16 == 0;
        double[] gs = Factors(outputGradient, rounds), ws = Factors(weight, rounds);
        var expected = Bound(
            ConvolutionReference.BackwardData(s, gs, ws),
            ConvolutionReference.BackwardData(s, ErrorBound.Magnitude(gs), ErrorBound.Magnitude(ws)), s.K * s.K * s.O);
        var actual = Run(device, [outputGradient, weight], [s.X], (given, taken) => Convolution.BackwardData(given[0], given[1], s.Stride, taken[0]));
        expected.Check(actual[0], "x gradient");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void BackwardWeight_rounds_its_factors_to_the_nearest_and_sums_in_float32(string device, int[] sizes)
    {
        var s = new ConvolutionSizes(sizes);
        var random = new RandomInputs();
        HostTensor x = random.Uniform(s.X), outputGradient = random.Uniform(s.Output);
        double[] xs = Factors(x, true), gs = Factors(outputGradient, true);
        var expected = Bound(
            ConvolutionReference.BackwardWeight(s, xs, gs),
            ConvolutionReference.BackwardWeight(s, ErrorBound.Magnitude(xs), ErrorBound.Magnitude(gs)), s.N * s.OH * s.OW);
        var actual = Run(device, [x, outputGradient], [s.Weight], (given, taken) => Convolution.BackwardWeight(given[0], given[1], s.Stride, taken[0], null));
        expected.Check(actual[0], "weight gradient");
    }

    [Fact]
    public void Factors_are_rounded_to_the_nearest_and_what_is_no_number_stays_so()
    {
        var random = new RandomInputs();
        for (int i = 0; i < 10_000; i++)
        {
            float value = BitConverter.UInt32BitsToSingle((uint)random.Bits());
            if (!float.IsFinite(value) || Math.Abs(value) >= 3.402e38f || Math.Abs(value) < 1.2e-38f) continue;
            double unit = Math.ScaleB(1, Math.ILogB(value) - 10), nearest = Math.Round(value / unit, MidpointRounding.AwayFromZero) * unit;
            Assert.Equal(nearest, Cut(Tf32Tile.Nearest(value)));
        }
        Assert.Equal(0f, Cut(Tf32Tile.Nearest(0f)));
        Assert.Equal(float.PositiveInfinity, Cut(Tf32Tile.Nearest(float.PositiveInfinity)));
        Assert.Equal(float.NegativeInfinity, Cut(Tf32Tile.Nearest(float.NegativeInfinity)));
        Assert.True(float.IsNaN(Cut(Tf32Tile.Nearest(float.NaN))));
        Assert.True(float.IsNaN(Cut(Tf32Tile.Nearest(BitConverter.UInt32BitsToSingle(0x7FFFFFFF)))));
    }

    // How a tensor core adds the eight products of one instruction is not documented beyond "at least single precision": two roundings a term.
    private static ErrorBound Bound(double[] reference, double[] magnitude, int terms) => ErrorBound.Sum(reference, magnitude, (2 * terms) + 2);

    private static double[] Factors(HostTensor tensor, bool rounds) =>
        rounds ? [.. tensor.Values.Select(value => (double)Cut(Tf32Tile.Nearest(value)))] : tensor.Doubles;

    private static float Cut(float value) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFFE000);

    private float[][] Run(string name, HostTensor[] inputs, Shape[] outputs, Action<Tensor[], Tensor[]> operation)
    {
        var device = devices.Get(name);
        device.Precision = MatrixPrecision.Tf32;
        try
        {
            return devices.Run(name, inputs, outputs, operation);
        }
        finally
        {
            device.Precision = MatrixPrecision.Float32;
        }
    }
}
