using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class DropoutTests(TestDevices devices)
{
    public static TheoryData<string, int[]> Sizes => TestDevices.Rows([[1], [3], [64], [5, 27], [2049]], [[17, 241], [70000], [262144]]);

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Elements_are_dropped_where_Philox_is_below_the_probability(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var x = random.Uniform(new Shape(sizes));
        ulong seed = random.Bits(), stream = random.Bits();
        double[] unit = PhiloxReference.Uniform(seed, stream, x.Values.Length, x.Values.Length);
        foreach (float probability in new[] { 0, 0.1f, 0.5f, 0.95f })
        {
            float scale = (float)(1 / (1 - (double)probability));
            var actual = devices.Run(device, [x], [x.Shape], (given, taken) => PhiloxDropout.Apply(given[0], probability, seed, stream, taken[0]));
            ErrorBound.Exact([.. x.Values.Select((value, i) => unit[i] < probability ? 0.0 : value * scale)]).Check(actual[0], $"probability {probability}");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void What_is_dropped_is_0_whatever_it_was(string device)
    {
        var x = HostTensor.Constant(new Shape(1001), float.NaN);
        var actual = devices.Run(device, [x], [x.Shape], (given, taken) => PhiloxDropout.Apply(given[0], 0.5f, 1, 2, taken[0]));
        Assert.InRange(actual[0].Count(value => value == 0), 400, 600);
        Assert.Equal(x.Values.Length, actual[0].Count(value => value == 0 || float.IsNaN(value)));
    }
}
