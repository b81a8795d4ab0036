using Microsoft.ML.OnnxRuntime.Tensors;
using Mmrr.App.Tests.Data;
using Mmrr.Kernels;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Onnx.Format;
using Mmrr.Onnx.Graphs;
using Xunit;

namespace Mmrr.App.Tests.Export;

/// <summary>The mask of a graph, with its fixed number of steps, beside the bisection that ends when it is exact.</summary>
[Collection(Program.OutsideTests.Name)]
public sealed class MaskGraphTests
{
    private const int Length = 8 * 8 * 3;

    // The kernel's own tolerance.
    private const float Tolerance = 1e-6f;

    private static readonly float[] s_levels = [0, 0.001f, 0.01f, 0.1f, 0.3f, 0.5f, 0.9f, 0.999f, 1];

    [Fact]
    public void IsThatOfTheBisection()
    {
        using var folder = new TemporaryFolder();
        using var device = Device.Open("cpu", 2);
        float[][] images = [.. Images()];
        float[] v = [.. images.SelectMany(i => i)];
        float largest = v.Max(Math.Abs);
        var graph = new GraphBuilder();
        var mask = MaskGraph.Solve(graph.Input("v", ElementType.Float, "images", 1, Length), s_levels, largest);
        graph.Output("m", mask, "images", s_levels.Length, Length);
        AtomicFile.Write(folder["mask.onnx"], OnnxFile.Content(graph, "0", []));
        using var session = new OnnxSession(folder["mask.onnx"]);

        float[] solved = session.Run(("v", new DenseTensor<float>(v, [images.Length, 1, Length])))["m"];

        int rows = images.Length * s_levels.Length;
        using var values = Tensor.From(device, new Shape(images.Length, 8, 8, 3), v);
        using var levels = Tensor.From(device, new Shape(images.Length, s_levels.Length), [.. images.SelectMany(_ => s_levels)]);
        using Tensor m = Tensor.Empty(device, new Shape(rows, 8, 8, 3)), bias = Tensor.Empty(device, levels.Shape), slope = Tensor.Empty(device, levels.Shape);
        BisectionMask.Forward(values, levels, MaskSolver.Bisection, Tolerance, 64, m, bias, slope);
        float[] exact = m.ToArray();
        for (int row = 0; row < rows; row++)
        {
            var (own, reference) = (solved[(row * Length)..((row + 1) * Length)], exact[(row * Length)..((row + 1) * Length)]);
            float level = s_levels[row % s_levels.Length];
            string where = $"image {row / s_levels.Length}, level {level}";
            // b has the rounding of its own magnitude, and so has v + b; the mean's slope by b is at most 1/4.
            double rounding = 2 * MathF.BitIncrement(2 * largest) - (4 * largest) + 2e-7;
            Assert.True(Math.Abs(own.Average(x => (double)x) - level) <= Tolerance + rounding, $"{where}: the mean is {own.Average()}");
            // On a plateau any b has the mean: masks are compared by their sums of differences, one sign each.
            double apart = own.Zip(reference, (a, b) => Math.Abs((double)a - b)).Sum() / Length;
            Assert.True(apart <= 2 * (Tolerance + rounding), $"{where}: the masks differ by {apart} on average");
            if (level is 0 or 1) Assert.All(own, x => Assert.Equal(level, x));
        }
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(120, 9)]
    [InlineData(128, 10)]
    [InlineData(1e6, 22)]
    public void HalvingsFollowFromTheBound(double largest, int halvings)
    {
        Assert.Equal(halvings, MaskGraph.Halvings(largest));
        Assert.True(2.01 * largest / Math.Pow(2, halvings) <= 0.5 * 1.01);
    }

    [Fact]
    public void TheBoundOfTheLogitsHolds()
    {
        using var folder = new TemporaryFolder();
        using var device = Device.Open("cpu", 2);
        var options = new MmrrOptions { Size = 16, Width = 16, Resolutions = 2, Channels = 3 };
        using var model = new MmrrModel(device, options);
        for (ulong seed = 0; seed < 5; seed++)
        {
            model.Initialize(seed);
            var weights = Checkpoint.Snapshot(model.Networks()).ToDictionary(w => w.Name, w => (w.Shape, w.Values));
            double bound = MaskGraph.Largest(new RunModel(options, new ScoreMethod(LevelSchedule.Uniform(2), ScoreRule.Paper, null), weights));
            var random = new Random((int)seed);
            // Noise, and an image with one bright pixel, where normalised values are largest.
            float[] images = [.. Enumerable.Range(0, 2 * 768).Select(i => i < 768 ? (2 * random.NextSingle()) - 1 : i == 900 ? 1f : -1f)];
            using var scope = new DisposeScope();
            using var x = Autograd.Variable.Constant(Tensor.From(device, new Shape(2, 16, 16, 3), images));
            using var logits = model.MaskLogits(x)!;
            float largest = logits.Value.ToArray().Max(Math.Abs);
            Assert.True(largest <= bound, $"seed {seed}: a logit is {largest}, beyond the bound {bound}");
            // A bound that is far away would be wasteful: each doubling is one more evaluation of every mask.
            Assert.True(bound <= 1000 * largest, $"seed {seed}: the bound is {bound}, the largest logit {largest}");
        }
    }

    private static IEnumerable<float[]> Images()
    {
        var random = new Random(11);
        float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        foreach (float spread in new[] { 0.01f, 1, 5, 20 }) yield return [.. Enumerable.Range(0, Length).Select(_ => (spread * Normal()) - spread)];
        yield return [.. Enumerable.Range(0, Length).Select(i => i % 2 == 0 ? -60f : 60f)];
        yield return [.. Enumerable.Range(0, Length).Select(i => i == 0 ? 90f : -30f + random.NextSingle())];
        yield return [.. Enumerable.Range(0, Length).Select(i => i % 5 == 0 ? 25f + (0.1f * i) : -25f)];
        yield return [.. Enumerable.Repeat(3f, Length)];
        yield return [.. Enumerable.Range(0, Length).Select(i => Normal() / Math.Max(0.01f, random.NextSingle()))];
    }
}
