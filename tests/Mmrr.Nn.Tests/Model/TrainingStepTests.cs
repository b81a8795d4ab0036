using System.Globalization;
using Mmrr.Nn.Optimizers;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

/// <summary>A whole training step of a small model, on each device and a thousand times over.</summary>
public class TrainingStepTests
{
    private const int Batch = 2;

    // More than a test suite has time for: MMRR_TRAINING_STEPS=10000.
    private static readonly ulong s_steps = ulong.Parse(Environment.GetEnvironmentVariable("MMRR_TRAINING_STEPS") ?? "1000", CultureInfo.InvariantCulture);

    /// <summary>
    /// Two devices sum in different orders, each with its own rounding errors. Forward and back, the way to a gradient of f_E or f_M leads through
    /// two U-Nets and the five operations between and behind them (tanh or mask, blend, tanh, loss), twice; <see cref="Rounding"/>
    /// bounds what that many operations add up to. Both devices may err: 2γ̃ of the largest gradient of the tensor.
    /// </summary>
    private static double Bound(MmrrOptions options)
    {
        int depth = 2 * ((2 * Rounding.Depth(options.Resolutions)) + 5);
        return 2 * Rounding.Gamma(depth, Rounding.LongestSum(options, Batch));
    }

    [Theory]
    [InlineData("simt", 1, 1)]
    [InlineData("simt", 1, 2)]
    [InlineData("simt", 3, 1)]
    [InlineData("simt", 3, 2)]
    [InlineData("ptx", 1, 1)]
    [InlineData("ptx", 3, 2)]
    [InlineData("cuda", 1, 1)]
    [InlineData("cuda", 3, 2)]
    public void LossAndGradientsAreThoseOfTheCpu(string name, int channels, int phase)
    {
        var options = Small.Options with { Channels = channels };
        var (expectedLoss, expected) = Step("cpu", options, phase);
        var (loss, found) = Step(name, options, phase);
        double bound = Bound(options);
        Assert.InRange(Math.Abs(loss - expectedLoss), 0, bound * expectedLoss);
        Assert.Equal(expected.Keys.Order(), found.Keys.Order());
        double worst = 0;
        foreach (var (parameter, gradient) in expected)
        {
            // The mask's bias b takes up whatever is added to all of v: with one channel, f_M's last bias has no gradient but rounding.
            double scale = Largest(expected[parameter == "f_m.head.bias" && channels == 1 ? "f_m.head.weight" : parameter]);
            double distance = Distance(gradient, found[parameter]) / scale;
            Assert.True(
                distance <= bound, string.Create(CultureInfo.InvariantCulture, $"{parameter}: {distance:E2} of the largest gradient, allowed {bound:E2}"));
            worst = Math.Max(worst, distance);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"worst {worst:E2}, allowed {bound:E2}"));
    }

    [Theory]
    [InlineData("f_res.head.weight")]
    [InlineData("f_res.up.0.0.shortcut.weight")]
    [InlineData("f_res.grow.0.weight")]
    public void TheBoundNoticesAWeightTensorThatIsOffByAThousandth(string parameter)
    {
        var (_, expected) = Step("cpu", Small.Options, 1);
        var (_, found) = Step("cpu", Small.Options, 1, parameter);
        Assert.True(expected.Where(p => p.Key != "f_m.head.bias").Max(p => Distance(p.Value, found[p.Key]) / Largest(p.Value)) > 2 * Bound(Small.Options));
    }

    [Fact]
    public void ManyStepsKeepNoTensorAndTakeNoMemory()
    {
        // One worker: operations this small would spend most of their time waiting for the other, on a busy machine 40 times as long.
        using var device = Small.Open("cpu", 1);
        var options = new MmrrOptions { Size = 4, Width = 16, Resolutions = 2 };
        using var model = Small.Model(device, options);
        long parameters = model.Networks().Sum(n => n.Network.Parameters().Count());
        Assert.Equal(parameters, device.LiveTensors);
        using (RAdam first = Optimizer(model, 1), second = Optimizer(model, 2))
        {
            long before = device.LiveTensors, allocations = 0;
            for (ulong step = 1; step <= s_steps; step++)
            {
                // The phases take turns: five steps of one, five of the other.
                int phase = step % 10 is >= 1 and <= 5 ? 1 : 2;
                Assert.True(float.IsFinite(TrainingStep.Take(model, phase, phase == 1 ? first : second, Batch, step)));
                if (step == 10) allocations = device.SystemAllocations;
            }
            Assert.Equal(allocations, device.SystemAllocations);
            Assert.Equal(before, device.LiveTensors);
            Assert.Equal(3 * parameters, device.LiveTensors);
        }
        Assert.Equal(parameters, device.LiveTensors);
    }

    [Fact]
    public void TheSecondPhaseLeavesTheFirstPhasesNetworksAlone()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        int[] Weights() => Small.Bits(TrainingStep.Parameters(model, 1).SelectMany(p => p.Variable.Value.ToArray()));
        int[] before = Weights();
        using var optimizer = new RAdam(model.Networks().SelectMany(n => n.Network.Parameters()).Select(p => p.Variable));
        TrainingStep.Take(model, 2, optimizer, Batch, 1);
        Assert.Equal(before, Weights());
    }

    private static (float Loss, Dictionary<string, float[]> Gradients) Step(string name, MmrrOptions options, int phase, string? disturbed = null)
    {
        using var device = Small.Open(name);
        using var model = Small.Model(device, options);
        if (disturbed is not null)
        {
            var weight = TrainingStep.Parameters(model, 1).Single(p => p.Name == disturbed).Variable.Value;
            weight.CopyFrom([.. weight.ToArray().Select(v => v * 1.001f)]);
        }
        using var images = Small.ImageTensor(device, options, Batch);
        using var levels = Tensor.From(device, new Shape(Batch, 1), [0.3f, 0.8f]);
        using var loss = TrainingStep.Loss(model, phase, images, levels, new NoiseSource(1, 2, SameForEveryImage: false));
        loss.Backward();
        var all = TrainingStep.Parameters(model, phase).ToDictionary(p => p.Name, p => p.Variable.Gradient!.ToArray());
        return (loss.Value.Item(), all);
    }

    private static RAdam Optimizer(MmrrModel model, int phase) => new(TrainingStep.Parameters(model, phase).Select(p => p.Variable));

    private static double Distance(float[] expected, float[] found) => expected.Zip(found, (a, b) => Math.Abs((double)a - b)).Max();

    private static double Largest(float[] gradient) => gradient.Max(v => Math.Abs((double)v));
}
