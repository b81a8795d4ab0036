using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// MemAE: every place of the lowest resolution is a query z, which is replaced by ẑ = ŵ·M, a combination of the rows of a memory M [N, C]. With w the softmax
/// over cosine similarities of z and the rows, ŵ is w hard-shrunk, max(w − λ, 0)·w/(|w − λ| + ε) with λ = shrink/N, divided by its sum. The loss is
/// mean (x − x̂)² + entropy·mean Σ −ŵ·ln ŵ, the score the squared error.
/// </summary>
internal sealed class MemoryAutoencoder : PlainModel
{
    private const float Tiny = 1e-12f;

    private readonly Encoder _encoder;
    private readonly Decoder _decoder;
    private readonly Items _memory;

    private MemoryAutoencoder(Device? device, MmrrOptions options)
        : base(device, options, Method)
    {
        var shape = new CoderShape(options);
        _encoder = new Encoder(device, options, latent: null);
        _decoder = new Decoder(device, options, latent: null);
        _memory = new Items(device, (int)options.Setting("memory"), shape.Channels(shape.Layers));
    }

    /// <summary>The method's description.</summary>
    public static new AnomalyMethod Method { get; } = new(
        "memae", "MemAE", "Gong et al., Memorizing Normality to Detect Anomaly, ICCV 2019, arXiv:1904.02639. At width 16 and 4 resolutions its networks for "
            + "MNIST; 500 items for CIFAR-10. A query for each place; group in place of batch normalisation.",
        [("autoencoder", AnomalyMethod.ModelFile)], (device, options) => new MemoryAutoencoder(device, options))
    {
        Settings =
        [
            new("memory", 100, 1, 10_000, IsWhole: true, "items of the memory"),
            new("shrink", 1, 0, 10, IsWhole: false, "threshold of a weight, in units of 1/items; published 1 to 3"),
            new("entropy", 0.0002, 0, 100, IsWhole: false, "weight of the entropy in the loss"),
        ],
        Published = new PublishedTraining(16, 1e-4, 64),
    };

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Network)> Trained => [("encoder", _encoder), ("memory", _memory), ("decoder", _decoder)];

    /// <inheritdoc/>
    protected override LevelOutputs Score(Variable x)
    {
        using var guard = new NoGradient();
        var restored = Restore(x).Restored;
        return new LevelOutputs(0, 1, x, restored, restored);
    }

    /// <inheritdoc/>
    protected override Variable Loss(Variable x, in NoiseSource noise)
    {
        var (restored, weights) = Restore(x);
        var entropy = weights.Multiply(weights.Add(Number(Device, Tiny)).Log()).Sum().Scale(-(float)Options.Setting("entropy") / weights.Shape[0]);
        return restored.MeanSquaredError(x.Value).Add(entropy);
    }

    private (Variable Restored, Variable Weights) Restore(Variable x)
    {
        var features = _encoder.Features(x)[^1];
        var queries = features.Reshape(-1, features.Shape[-1]); // [N·h·w, C]
        var w = Unit(queries).MatrixProduct(Unit(_memory.Rows).Transpose()).Softmax(); // [N·h·w, items]
        var above = w.Subtract(Number(Device, (float)(Options.Setting("shrink") / Options.Setting("memory"))));
        var shrunk = above.Relu().Multiply(w).Divide(Absolute(above).Add(Number(Device, Tiny)));
        var weights = shrunk.Divide(shrunk.Sum([-1], keepAxes: true).Add(Number(Device, Tiny)));
        var recalled = weights.MatrixProduct(_memory.Rows).Reshape(features.Shape.ToArray());
        return (_decoder.Forward(recalled), weights);
    }

    private Variable Unit(Variable rows) => rows.Divide(rows.Multiply(rows).Sum([-1], keepAxes: true).Add(Number(Device, Tiny)).Sqrt());

    /// <summary>The memory, a parameter <c>items</c> [N, C].</summary>
    private sealed class Items : Module
    {
        public Items(Device? device, int count, int channels) => Rows = AddParameter("items", device, new Shape(count, channels), channels);

        public Variable Rows { get; }
    }
}
