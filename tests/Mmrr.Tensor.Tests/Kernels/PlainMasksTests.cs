using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class PlainMasksTests(TestDevices devices)
{
    // Images, height, width, channels, levels.
    public static TheoryData<string, int[]> Cases =>
        TestDevices.Rows([[1, 1, 1, 1, 1], [2, 5, 3, 3, 4]], [[3, 32, 32, 3, 7], [1, 33, 31, 1, 5]]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Constant_is_the_level_itself(string device, int[] sizes)
    {
        var (levels, masks, size) = Inputs(sizes);
        var actual = devices.Run(device, [levels], [masks], (given, taken) => PlainMasks.Constant(given[0], taken[0]));
        ErrorBound.Exact([.. Enumerable.Range(0, masks.Count).Select(i => levels.Doubles[i / size])]).Check(actual[0], "mask");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bernoulli_compares_the_level_with_Philox(string device, int[] sizes)
    {
        var (levels, masks, size) = Inputs(sizes);
        var random = new RandomInputs();
        ulong seed = random.Bits(), stream = random.Bits();
        foreach (int period in new[] { masks.Count, size })
        {
            double[] uniform = PhiloxReference.Uniform(seed, stream, period, masks.Count);
            var actual = devices.Run(device, [levels], [masks], (given, taken) => PlainMasks.Bernoulli(given[0], seed, stream, period, taken[0]));
            ErrorBound.Exact([.. uniform.Select((u, i) => u < levels.Doubles[i / size] ? 1.0 : 0.0)]).Check(actual[0], $"mask, period {period}");
        }
    }

    /// <summary>Levels of which the first is 0 and the last 1 (where there are as many), the shape of the masks, and the size of one.</summary>
    private static (HostTensor Levels, Shape Masks, int Size) Inputs(int[] sizes)
    {
        var levels = new RandomInputs().Uniform(new Shape(sizes[0], sizes[4]), 0, 1);
        levels.Values[0] = 0;
        levels.Values[^1] = 1;
        return (new HostTensor(levels.Shape, levels.Values), new Shape(sizes[0] * sizes[4], sizes[1], sizes[2], sizes[3]), sizes[1] * sizes[2] * sizes[3]);
    }
}
