using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// The autoencoder: x̂ = D(E(x)), trained on mean (x − x̂)², which is the score as well; with or without skip connections between encoder and decoder.
/// </summary>
internal sealed class Autoencoder : PlainModel
{
    private readonly Encoder _encoder;
    private readonly Decoder _decoder;

    private Autoencoder(Device? device, MmrrOptions options, bool skips)
        : base(device, options, skips ? SkipMethod : Method)
    {
        int latent = (int)options.Setting("latent");
        _encoder = new Encoder(device, options, latent);
        _decoder = new Decoder(device, options, latent, skips);
    }

    /// <summary>The autoencoder.</summary>
    public static new AnomalyMethod Method { get; } = new(
        "ae", "AE", "Sakurada and Yairi, Anomaly detection using autoencoders with nonlinear dimensionality reduction, MLSDA 2014. Convolutional here.",
        [("autoencoder", AnomalyMethod.ModelFile)], (device, options) => new Autoencoder(device, options, skips: false))
    {
        Settings = [CodeSize],
        Published = new PublishedTraining(32, 1e-4, 64),
    };

    /// <summary>The autoencoder with skip connections.</summary>
    public static AnomalyMethod SkipMethod { get; } = new(
        "ae-skip", "AE+skip", "Hou et al., Divide-and-Assemble, ICCV 2021, arXiv:2107.13118, whose tables have it for comparison. "
            + "Skips at all resolutions but the images' own, at which the network could copy.",
        [("autoencoder", AnomalyMethod.ModelFile)], (device, options) => new Autoencoder(device, options, skips: true))
    {
        Settings = [CodeSize],
        Published = new PublishedTraining(32, 1e-4, 64),
    };

    /// <summary>The setting <c>latent</c> of all methods that have it.</summary>
    internal static MethodSetting CodeSize => new("latent", 100, 1, 4096, IsWhole: true, "values of a code");

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Network)> Trained => [("encoder", _encoder), ("decoder", _decoder)];

    /// <inheritdoc/>
    protected override LevelOutputs Score(Variable x)
    {
        using var guard = new NoGradient();
        var restored = Restore(x);
        return new LevelOutputs(0, 1, x, restored, restored);
    }

    /// <inheritdoc/>
    protected override Variable Loss(Variable x, in NoiseSource noise) => Restore(x).MeanSquaredError(x.Value);

    private Variable Restore(Variable x)
    {
        var features = _encoder.Features(x);
        return _decoder.Forward(_encoder.Code(features), features);
    }
}
