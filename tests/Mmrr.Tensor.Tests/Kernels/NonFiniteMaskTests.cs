using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Masks of logits that are not finite: NaN spoils its own image and nothing else, infinities are saturated elements.</summary>
[Trait("Category", "Operation")]
public class NonFiniteMaskTests(TestDevices devices)
{
    private const float Tolerance = 1e-4f;
    private static readonly float[] s_levels = [0.3f, 0f, 0.9f, 1f];

    // Elements of an image: a multiple of four, odd, and more than are kept in shared memory.
    public static TheoryData<string, int> Cases
    {
        get
        {
            var rows = new TheoryData<string, int>();
            foreach (string device in TestDevices.Names)
            {
                foreach (int length in new[] { 1, 24, 37, 4101 }) rows.Add(device, length);
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_NaN_makes_all_masks_of_its_image_NaN_but_those_of_levels_0_and_1(string device, int length)
    {
        var clean = Logits(length);
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            var expected = Solve(device, clean, solver);
            foreach (int at in Places(device, 0, length / 2, length - 1))
            {
                var v = new HostTensor(clean.Shape, [.. clean.Values]);
                v.Values[length + at] = float.NaN; // of the second of three images
                var (m, bias, slope) = Solve(device, v, solver);
                for (int k = 0; k < bias.Length; k++)
                {
                    bool spoiled = k / s_levels.Length == 1 && s_levels[k % s_levels.Length] is > 0 and < 1;
                    Range row = (k * length)..((k + 1) * length);
                    if (spoiled) Assert.All(m[row], value => Assert.True(float.IsNaN(value)));
                    else Assert.Equal(expected.Mask[row], m[row]);
                    Assert.Equal(spoiled ? (float.NaN, float.NaN) : (expected.Bias[k], expected.Slope[k]), (bias[k], slope[k]));
                }
                float[] gradient = Gradient(device, clean.Shape, m, slope);
                for (int i = 0; i < gradient.Length; i++) Assert.Equal(i / length == 1, float.IsNaN(gradient[i]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Infinities_are_saturated_and_the_others_make_up_for_them(string device, int length)
    {
        if (length < 24) return; // an element and no other
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            foreach (int first in Places(device, 0, 5, length - 3))
            {
                var v = Logits(length);
                (v.Values[first], v.Values[first + 1], v.Values[first + 2]) = (float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity);
                var (m, bias, slope) = Solve(device, v, solver);
                for (int k = 0; k < s_levels.Length; k++)
                {
                    float[] mask = m[(k * length)..((k + 1) * length)];
                    // A float32 sum of so many values, as good as independent.
                    Assert.Equal(s_levels[k], mask.Average(value => (double)value), Tolerance + ErrorBound.Gamma(length));
                    if (s_levels[k] is 0 or 1) continue;
                    Assert.Equal((1f, 0f, 1f), (mask[first], mask[first + 1], mask[first + 2]));
                    Assert.True(float.IsFinite(bias[k]) && slope[k] > 0);
                }
                Assert.All(Gradient(device, v.Shape, m, slope), value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Infinities_that_nothing_makes_up_for_give_NaN(string device, int length)
    {
        foreach (float value in new[] { float.PositiveInfinity, float.NegativeInfinity })
        {
            foreach (var solver in Enum.GetValues<MaskSolver>())
            {
                var v = Logits(length);
                Array.Fill(v.Values, value, length, length);
                var (m, _, _) = Solve(device, v, solver);
                for (int k = s_levels.Length; k < 2 * s_levels.Length; k++)
                {
                    float level = s_levels[k % s_levels.Length];
                    Assert.All(m[(k * length)..((k + 1) * length)], x => Assert.Equal(level is 0 or 1 ? level : float.NaN, x));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Finite_values_whose_sum_is_not_give_numbers(string device)
    {
        var v = Logits(37);
        for (int i = 0; i < v.Values.Length; i++) v.Values[i] = i % 3 == 0 ? 3e38f : i % 3 == 1 ? -3e38f : v.Values[i];
        foreach (var solver in Enum.GetValues<MaskSolver>()) Assert.All(Solve(device, v, solver).Mask, value => Assert.InRange(value, 0, 1));
    }

    // The simulator takes a second for a mask.
    private static int[] Places(string device, int first, int middle, int last) => device == "simt" ? [middle] : [first, middle, last];

    private static HostTensor Logits(int length) => new RandomInputs().Uniform(new Shape(3, length), -4, 4);

    private (float[] Mask, float[] Bias, float[] Slope) Solve(string device, HostTensor v, MaskSolver solver)
    {
        var levels = new HostTensor(new Shape(3, s_levels.Length), [.. s_levels, .. s_levels, .. s_levels]);
        var results = devices.Run(device, [v, levels], [new Shape(levels.Shape.Count, v.Shape[1]), levels.Shape, levels.Shape], (given, taken) =>
            BisectionMask.Forward(given[0], given[1], solver, Tolerance, 60, taken[0], taken[1], taken[2]));
        return (results[0], results[1], results[2]);
    }

    private float[] Gradient(string device, Shape v, float[] mask, float[] slope)
    {
        var masks = new Shape(slope.Length, v[1]);
        HostTensor[] inputs = [new(masks, mask), new(new Shape(3, s_levels.Length), slope), new RandomInputs(2).Uniform(masks)];
        return devices.Run(device, inputs, [v], (given, taken) => BisectionMask.Backward(given[0], given[1], given[2], taken[0]))[0];
    }
}
