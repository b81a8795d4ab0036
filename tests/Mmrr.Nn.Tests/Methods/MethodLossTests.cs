using Mmrr.Autograd;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Methods;

/// <summary>The gradients of the methods' losses against central differences, and what a phase leaves alone.</summary>
public sealed class MethodLossTests
{
    private const int Images = 3;
    private const double Step = 1e-3;

    private static readonly NoiseSource s_noise = new(7, 3, SameForEveryImage: false);

    // MMRR's has tests of its own.
    public static TheoryData<string, int> Phases =>
        [.. AnomalyMethods.All.Skip(1).SelectMany(m => Enumerable.Range(0, m.Phases.Count).Select(p => (m.Name, p)))];

    /// <summary>
    /// Along each parameter's own gradient g, and along a random direction, the loss changes as g says. Float32: a loss L is known to about 1e-6·|L|, so with
    /// the step h a derivative to 2e-6·|L|/h; the kinks of the ReLUs and the curvature add a share of the derivative's scale ‖g‖ that falls with h: up to 10 %
    /// was seen at h = 8e-3, so 5 % is allowed at h = 1e-3. A wrong factor or a missing term is more than that.
    /// </summary>
    [Theory]
    [MemberData(nameof(Phases))]
    public void TheGradientIsThatOfDifferences(string name, int number)
    {
        using var device = Small.Open("cpu", threads: 1);
        using var model = Small.Of(device, name);
        var phase = model.Phases[number];
        using var images = Small.ImageTensor(device, model.Options, Images);
        phase.Begin([images]);
        var parameters = phase.Networks
            .SelectMany(n => n.Network.Parameters().Select(p => (Network: n.Name, Name: $"{n.Name}.{p.Name}", p.Variable))).ToArray();
        using (var scope = new DisposeScope()) phase.Loss(images, Small.Levels(device, Images, 0.3f), s_noise).Backward();
        Assert.Contains(parameters, p => p.Variable.Gradient is not null);
        var random = new Random(number + 1);
        foreach (var (network, parameter, variable) in parameters)
        {
            if (variable.Gradient is not { } gradient)
            {
                Assert.Equal("centre.value", parameter);
                continue;
            }
            float[] g = gradient.ToArray(), start = variable.Value.ToArray();
            double norm = Length(g);
            foreach (float[] direction in new[] { g, [.. g.Select(_ => (float)random.NextDouble() - 0.5f)] })
            {
                double length = Length(direction);
                if (length == 0) continue;
                double expected = g.Zip(direction, (a, b) => (double)a * b).Sum() / length;
                double loss = 0;
                double At(double step)
                {
                    variable.Value.CopyFrom([.. start.Zip(direction, (v, d) => (float)(v + (step * d / length)))]);
                    using var scope = new DisposeScope();
                    using var guard = new NoGradient();
                    return loss = Value(phase, network, images, device);
                }
                double found = (At(Step) - At(-Step)) / (2 * Step), tolerance = (0.05 * norm) + (2e-6 * Math.Abs(loss) / Step);
                Assert.True(
                    Math.Abs(found - expected) <= tolerance,
                    $"{name}, {parameter}: {expected} by backward, {found} by differences, within {tolerance}");
            }
            variable.Value.CopyFrom(start);
        }
    }

    [Fact]
    public void DeepSvddKeepsItsCentre()
    {
        using var device = Small.Open("cpu", threads: 1);
        using var model = Small.Of(device, "deep-svdd");
        var phase = model.Phases[1];
        using var images = Small.ImageTensor(device, model.Options, Images);
        phase.Begin([images]);
        var centre = phase.Networks.Single(n => n.Name == "centre").Network.Parameters().Single().Variable.Value;
        float[] before = centre.ToArray();
        Assert.All(before, c => Assert.True(Math.Abs(c) >= 0.1f, $"{c} is closer to 0 than 0.1"));
        using var optimizer = phase.NewOptimizer(phase.Networks.SelectMany(n => n.Network.Parameters()).Select(p => p.Variable), 0.99);
        double first = 0, last = 0;
        for (int step = 0; step < 20; step++)
        {
            using var scope = new DisposeScope();
            var loss = phase.Loss(images, Small.Levels(device, Images, 0.3f), s_noise);
            loss.Backward();
            optimizer.Step(1e-3);
            last = loss.Value.Item();
            if (step == 0) first = last;
        }
        Assert.True(last < first, $"the loss rose from {first} to {last}");
        Assert.Equal(Small.Bits(before), Small.Bits(centre.ToArray()));
    }

    // Of GANomaly each network's gradient is that of its own loss, with the other fixed.
    private static double Value(TrainingPhase phase, string network, Tensor images, Device device)
    {
        if (phase.Model is not Ganomaly adversarial) return phase.Loss(images, Small.Levels(device, Images, 0.3f), s_noise).Value.Item();
        var (generator, discriminator) = adversarial.Losses(Variable.Constant(images.Share()));
        return (network == "discriminator" ? discriminator : generator).Value.Item();
    }

    private static double Length(float[] vector) => Math.Sqrt(vector.Sum(v => (double)v * v));
}
