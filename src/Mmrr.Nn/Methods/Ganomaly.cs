using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Nn;

/// <summary>
/// GANomaly: z = G_E(x), x̂ = G_D(z), ẑ = E(x̂). The generator's loss is adversarial·mean (f(x) − f(x̂))² + contextual·mean |x − x̂| + encoder·mean (z − ẑ)²
/// with the features f before the last layer of the discriminator, whose own loss is ½·(−ln D(x) − ln(1 − D(x̂))). Both are trained in one step, each with
/// the other fixed. The score of an image is mean |z − ẑ|, of a pixel the channels' mean squared error of x̂.
/// </summary>
internal sealed class Ganomaly : PlainModel
{
    private readonly Encoder _encoder;
    private readonly Decoder _decoder;
    private readonly Encoder _again;
    private readonly Encoder _discriminator;

    private Ganomaly(Device? device, MmrrOptions options)
        : base(device, options, Method)
    {
        const float Slope = 0.2f;
        int latent = (int)options.Setting("latent");
        _encoder = new Encoder(device, options, latent, Slope);
        _decoder = new Decoder(device, options, latent);
        _again = new Encoder(device, options, latent, Slope);
        _discriminator = new Encoder(device, options, 1, Slope);
    }

    /// <summary>The method's description.</summary>
    public static new AnomalyMethod Method { get; } = new(
        "ganomaly", "GANomaly", "Akçay et al., GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training, ACCV 2018, arXiv:1805.06725. "
            + "Kernels 3×3 in place of 4×4, group in place of batch normalisation; both networks step at once.",
        [("adversarial", AnomalyMethod.ModelFile)], (device, options) => new Ganomaly(device, options))
    {
        Settings =
        [
            Autoencoder.CodeSize,
            new("adversarial", 1, 0, 1e4, IsWhole: false, "weight of the discriminator's features"),
            new("contextual", 50, 0, 1e4, IsWhole: false, "weight of the restoration"),
            new("encoder", 1, 0, 1e4, IsWhole: false, "weight of the codes' distance"),
        ],
        Published = new PublishedTraining(64, 2e-4, 64),
    };

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Network)> Trained =>
        [("encoder", _encoder), ("decoder", _decoder), ("again", _again), ("discriminator", _discriminator)];

    /// <inheritdoc/>
    protected override Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) => new Adam(parameters, beta1: 0.5, beta2);

    /// <inheritdoc/>
    protected override LevelOutputs Score(Variable x)
    {
        using var guard = new NoGradient();
        var (code, restored, again) = Restore(x);
        return new LevelOutputs(0, 1, x, restored, restored) { OwnImageErrors = Absolute(code.Subtract(again)).Mean(-1).Value.Share() };
    }

    /// <inheritdoc/>
    protected override Variable Loss(Variable x, in NoiseSource noise)
    {
        var (generator, discriminator) = Losses(x);
        return generator.Add(discriminator);
    }

    /// <summary>The loss of the generator with the discriminator fixed, and that of the discriminator with the generator fixed.</summary>
    internal (Variable Generator, Variable Discriminator) Losses(Variable x)
    {
        var (code, restored, again) = Restore(x);
        var features = MeanSquare(_discriminator.Features(restored, frozen: true)[^1].Subtract(_discriminator.Features(x, frozen: true)[^1]));
        var real = _discriminator.Forward(x);
        var fake = _discriminator.Forward(Variable.Constant(restored.Value.Share()));
        return (
            Generator(x, code, restored, again).Add(features.Scale((float)Options.Setting("adversarial"))),
            Softplus(real.Scale(-1)).Add(Softplus(fake)).Mean().Scale(0.5f));
    }

    /// <summary>The generator's loss without the adversarial part: that one falls and rises with the discriminator.</summary>
    protected override Variable ValidationLoss(Variable x, in NoiseSource noise)
    {
        var (code, restored, again) = Restore(x);
        return Generator(x, code, restored, again);
    }

    private Variable Generator(Variable x, Variable code, Variable restored, Variable again) =>
        Absolute(restored.Subtract(x)).Mean().Scale((float)Options.Setting("contextual"))
            .Add(MeanSquare(code.Subtract(again)).Scale((float)Options.Setting("encoder")));

    private (Variable Code, Variable Restored, Variable Again) Restore(Variable x)
    {
        var code = _encoder.Forward(x);
        var restored = _decoder.Forward(code);
        return (code, restored, _again.Forward(restored));
    }

    private static Variable MeanSquare(Variable x) => x.Multiply(x).Mean();

    /// <summary>ln(1 + eˣ) = max(0, x) + ln(1 + e^−|x|), which does not overflow.</summary>
    private Variable Softplus(Variable x) => x.Relu().Add(Absolute(x).Scale(-1).Exp().Add(Number(Device, 1)).Log());
}
