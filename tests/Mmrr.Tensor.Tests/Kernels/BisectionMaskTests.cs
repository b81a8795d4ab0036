using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class BisectionMaskTests(TestDevices devices)
{
    private const float Tolerance = 1e-5f;
    private const int MaxSweeps = 100;

    // Roundings of the kernels' sigmoid, as in ElementwiseTests.
    private const double SigmoidRoundings = 8;

    // Images, height, width, channels, levels. In the simulator's: rows of no multiple of four, more than are kept in shared memory (4,096), and groups of
    // several warps.
    public static TheoryData<string, int[]> Cases => TestDevices.Rows(
        [[1, 1, 1, 1, 1], [1, 5, 9, 1, 3], [2, 2, 3, 3, 4], [1, 1, 2, 1, 2], [2, 11, 10, 3, 3], [2, 4, 6, 3, 2], [1, 48, 30, 3, 1], [1, 37, 38, 3, 1]],
        [[3, 32, 32, 3, 7], [1, 64, 64, 3, 5], [2, 33, 31, 1, 6], [1, 128, 128, 3, 2], [5, 4, 4, 16, 10]],
        (64, [2, 8, 9, 3, 1]), (64, [1, 20, 19, 3, 1]));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_meets_the_level_with_either_solver(string device, int[] sizes)
    {
        var p = new Problem(sizes);
        var means = new Dictionary<MaskSolver, double[]>();
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            var (m, bias, slope) = p.Solve(devices, device, solver);
            for (int k = 0; k < p.Pairs; k++) CheckPair(p, k, m, bias[k], slope[k], $"{solver}, level {p.Levels.Values[k]:R}");
            means[solver] = [.. Enumerable.Range(0, p.Pairs).Select(k => p.Row(m, k).Average(value => (double)value))];
        }
        // Masks of one v are ordered by their bias, so that the means' distance is the masks' mean distance.
        for (int k = 0; k < p.Pairs; k++)
        {
            Assert.True(
                Math.Abs(means[MaskSolver.Newton][k] - means[MaskSolver.Bisection][k]) <= 2 * MeanError(p.Size, p.Levels.Values[k]),
                $"the solvers disagree at level {p.Levels.Values[k]:R}; {RandomInputs.Note}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var p = new Problem(sizes);
        float[] mask = [.. Enumerable.Range(0, p.Pairs).SelectMany(k => MaskReference.Mask(p.V(k), p.Levels.Doubles[k]).Select(value => (float)value))];
        var m = new HostTensor(p.Masks, mask);
        double[] s = Array.ConvertAll(m.Doubles, value => value * (1 - value));
        var slope = new HostTensor(p.Levels.Shape, [.. s.Chunk(p.Size).Select(row => (float)row.Sum())]);
        var g = new RandomInputs(2).Uniform(p.Masks);
        double[] gradient = new double[p.Values.Values.Length], tolerance = new double[gradient.Length];
        for (int k = 0; k < p.Pairs; k++)
        {
            double total = slope.Doubles[k];
            if (total == 0) continue;
            double[] row = MaskReference.Backward(p.Row(m.Doubles, k), total, p.Row(g.Doubles, k));
            double magnitude = Enumerable.Range(k * p.Size, p.Size).Sum(i => Math.Abs(g.Doubles[i]) * s[i]) / total;
            for (int i = 0; i < p.Size; i++)
            {
                int at = (k / p.LevelCount * p.Size) + i, j = (k * p.Size) + i;
                gradient[at] += row[i];
                // A sum of d products, its quotient, and the sum over the levels.
                tolerance[at] += (ErrorBound.Gamma(p.Size + 6) + ErrorBound.Gamma(p.LevelCount)) * s[j] * magnitude;
                tolerance[at] += (ErrorBound.Gamma(6) + ErrorBound.Gamma(p.LevelCount)) * s[j] * Math.Abs(g.Doubles[j]);
            }
        }
        var actual = devices.Run(device, [m, slope, g], [p.Values.Shape], (given, taken) => BisectionMask.Backward(given[0], given[1], given[2], taken[0]));
        new ErrorBound(gradient, tolerance).Check(actual[0], "v gradient");
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void A_batch_is_its_problems_one_at_a_time(string device)
    {
        var p = new Problem(device == "simt" ? [3, 2, 3, 1, 7] : [3, 12, 11, 3, 7]);
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            var (m, bias, slope) = p.Solve(devices, device, solver);
            for (int k = 0; k < p.Pairs; k++)
            {
                var single = p.Only(k).Solve(devices, device, solver);
                Assert.Equal((bias[k], slope[k]), (single.Bias[0], single.Slope[0]));
                Assert.Equal(p.Row(m, k), single.Mask);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Levels_0_and_1_are_exact_and_pass_no_gradient(string device)
    {
        var p = new Problem([1, 2, 5, 3, 2], levels: [0, 1]);
        foreach (var solver in Enum.GetValues<MaskSolver>())
        {
            var (m, bias, slope) = p.Solve(devices, device, solver);
            Assert.All(p.Row(m, 0), value => Assert.Equal(0, value));
            Assert.All(p.Row(m, 1), value => Assert.Equal(1, value));
            Assert.Equal([float.NegativeInfinity, float.PositiveInfinity], bias);
            Assert.Equal([0, 0], slope);
            Assert.All(p.Gradient(devices, device, m, slope), value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Saturated_and_equal_values_give_numbers(string device)
    {
        var shape = new Shape(1, 2, 4, 3);
        var halves = new HostTensor(shape, [.. Enumerable.Range(0, shape.Count).Select(i => i % 2 == 0 ? 1e4f : -1e4f)]);
        float[] levels = [0.25f, 0.5f, 0.75f, 0.999f];
        foreach (var values in new[] { halves, HostTensor.Constant(shape, 0), HostTensor.Constant(shape, 3.5f), HostTensor.Constant(shape, -1e4f) })
            foreach (var solver in Enum.GetValues<MaskSolver>())
            {
                var p = new Problem(values, new HostTensor(new Shape(1, levels.Length), levels));
                var (m, _, slope) = p.Solve(devices, device, solver);
                for (int k = 0; k < levels.Length; k++)
                {
                    Assert.All(p.Row(m, k), value => Assert.InRange(value, 0, 1));
                    // Near 10⁴ a float32 bias can only move by 10⁻³, and the mean by a quarter of that.
                    double spacing = values.Values.Max(MathF.Abs) * 2 * ErrorBound.U / 4;
                    Assert.Equal(levels[k], p.Row(m, k).Average(value => (double)value), MeanError(p.Size, levels[k]) + spacing);
                }
                Assert.All(slope, value => Assert.True(float.IsFinite(value) && value >= 0));
                Assert.All(p.Gradient(devices, device, m, slope), value => Assert.True(float.IsFinite(value)));
            }
    }

    [Fact]
    public void The_reference_gradient_is_that_of_the_reference()
    {
        var random = new RandomInputs();
        double[] v = random.Doubles(14, -3, 3), g = random.Doubles(14);
        foreach (double level in new[] { 0.1, 0.5, 0.85 })
        {
            double[] mask = MaskReference.Mask(v, level);
            Assert.Equal(level, mask.Average(), 1e-12);
            GradientCheck.Check(v, g, values => MaskReference.Mask(values, level), MaskReference.Backward(mask, mask.Sum(m => m * (1 - m)), g), "v");
        }
    }

    /// <summary>
    /// The mask's mean, as the kernel sums it in float32, is within the tolerance of the level. The SIMT entry's sweeps take σ from
    /// exp(v + b₀)·exp(b − b₀), |b − b₀| ≤ 8: the two exponents are off by (|v + b| + 16)u, of which σ' passes on at most 0.25u on average and
    /// 16u·level, and it has 12 roundings more.
    /// </summary>
    private static double MeanError(int size, double level) =>
        Tolerance + (ErrorBound.Gamma(size + SigmoidRoundings + 2) * level) + (ErrorBound.U * (0.25 + (28 * level)));

    private static void CheckPair(Problem p, int k, float[] masks, float bias, float slope, string what)
    {
        double level = p.Levels.Doubles[k];
        float[] mask = p.Row(masks, k);
        double mean = mask.Average(value => (double)value);
        Assert.True(Math.Abs(mean - level) <= MeanError(p.Size, level), $"{what}: the mask's mean is {mean:R}; {RandomInputs.Note}");
        if (level is 0 or 1) return;
        // m = σ(v + b): the sigmoid's own error, and the sum's rounding, which σ' = m(1 − m) passes on.
        double[] sums = Array.ConvertAll(p.V(k), v => v + bias), expected = Array.ConvertAll(sums, MaskReference.Sigmoid);
        double[] s = Array.ConvertAll(expected, m => m * (1 - m));
        double[] tolerance = [.. expected.Select((m, i) => ErrorBound.U * ((SigmoidRoundings * m) + (2 * Math.Abs(sums[i]) * s[i])))];
        new ErrorBound(expected, tolerance).Check(mask, $"{what}: mask");
        new ErrorBound([s.Sum()], [tolerance.Sum() + (ErrorBound.Gamma(p.Size + 2) * s.Sum())]).Check([slope], $"{what}: slope");
    }

    /// <summary>Images v and levels, of which each pair is one problem.</summary>
    private sealed class Problem(HostTensor values, HostTensor levels)
    {
        private static readonly float[] s_hardLevels = [0, 0.002f, 1, 0.995f];

        public Problem(int[] sizes, float[]? levels = null)
            : this(new RandomInputs().Uniform(new Shape(sizes[..4]), -4, 4), DrawLevels(sizes[0], sizes[4], levels))
        {
        }

        public HostTensor Values => values;

        public HostTensor Levels => levels;

        public int LevelCount => levels.Shape[1];

        public int Pairs => levels.Shape.Count;

        public int Size => values.Shape.Count / values.Shape[0];

        public Shape Masks => new(Pairs, values.Shape[1], values.Shape[2], values.Shape[3]);

        public double[] V(int pair) => Row(values.Doubles, pair / LevelCount);

        public T[] Row<T>(T[] all, int row) => all[(row * Size)..((row + 1) * Size)];

        public Problem Only(int pair) => new(
            new HostTensor(new Shape(1, values.Shape[1], values.Shape[2], values.Shape[3]), Row(values.Values, pair / LevelCount)),
            new HostTensor(new Shape(1, 1), [levels.Values[pair]]));

        public (float[] Mask, float[] Bias, float[] Slope) Solve(TestDevices devices, string device, MaskSolver solver)
        {
            var results = devices.Run(device, [values, levels], [Masks, levels.Shape, levels.Shape], (given, taken) =>
                BisectionMask.Forward(given[0], given[1], solver, Tolerance, MaxSweeps, taken[0], taken[1], taken[2]));
            return (results[0], results[1], results[2]);
        }

        public float[] Gradient(TestDevices devices, string device, float[] mask, float[] slope)
        {
            HostTensor[] inputs = [new(Masks, mask), new(levels.Shape, slope), new RandomInputs(2).Uniform(Masks)];
            return devices.Run(device, inputs, [values.Shape], (given, taken) => BisectionMask.Backward(given[0], given[1], given[2], taken[0]))[0];
        }

        private static HostTensor DrawLevels(int images, int count, float[]? given)
        {
            var drawn = new RandomInputs(1).Uniform(new Shape(images, count), 0.05f, 0.95f);
            // From the second on, some are at the ends or near them.
            for (int i = 0; i < drawn.Values.Length; i++)
            {
                if (given is not null) drawn.Values[i] = given[i];
                else if (i % 2 == 1) drawn.Values[i] = s_hardLevels[i / 2 % s_hardLevels.Length];
            }
            return new HostTensor(drawn.Shape, drawn.Values);
        }
    }
}
