using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// The variational autoencoder (Kingma and Welling 2014): codes are N(mean, variance) with the KL divergence from N(0, 1), pixels N(x̂, γ²). The loss is the
/// negative evidence lower bound divided by the number of values d: ln γ + mean (x − x̂)²/(2γ²) + KL/d. In the plain one γ is 1, and the score is the mean
/// squared error of the restoration of the mean code. In the γ-VAE (Dai and Wipf 2019, arXiv:1903.05789) γ is learned, and images are projected onto what the
/// network restores (Dehaene et al. 2020, arXiv:2002.03734): x ← x − α·∇E(x)⊙(x − x̂)² from E(x) = Σ (x − x̂)²/(2γ²) + λ·Σ|x − x₀|; the score of a pixel is
/// |x₀ − x|, on average over its channels, and that of an image their mean. Here a factor α(x − x̂)² is at most γ²: with a greater one a step overshoots x̂
/// and, where γ is small, each further one by more. And pixels stay in [−1, 1].
/// </summary>
internal sealed class VariationalAutoencoder : PlainModel
{
    private readonly Encoder _encoder;
    private readonly CoderLayer _logVariance;
    private readonly Decoder _decoder;
    private readonly Deviation? _deviation;
    private readonly int _latent;

    private VariationalAutoencoder(Device? device, MmrrOptions options, bool projects)
        : base(device, options, projects ? ProjectionMethod : Method)
    {
        _latent = (int)options.Setting("latent");
        _encoder = new Encoder(device, options, _latent);
        _logVariance = CoderLayer.Linear(device, new CoderShape(options).Values, _latent);
        _decoder = new Decoder(device, options, _latent);
        if (projects) _deviation = new Deviation(device);
    }

    /// <summary>The variational autoencoder.</summary>
    public static new AnomalyMethod Method { get; } = new(
        "vae", "VAE", "An and Cho, Variational autoencoder based anomaly detection, SNU Data Mining Center 2015; scored by the error of the mean code, as in "
            + "Dehaene et al., ICLR 2020.",
        [("autoencoder", AnomalyMethod.ModelFile)], (device, options) => new VariationalAutoencoder(device, options, projects: false))
    {
        Settings = [Autoencoder.CodeSize],
        Published = new PublishedTraining(32, 1e-4, 64),
    };

    /// <summary>The γ-VAE with projection.</summary>
    public static AnomalyMethod ProjectionMethod { get; } = new(
        "gamma-vae", "γ-VAE", "Dehaene et al., Iterative energy-based projection on a normal data manifold for anomaly localization, ICLR 2020, "
            + "arXiv:2002.03734. A fixed number of steps here.",
        [("autoencoder", AnomalyMethod.ModelFile)], (device, options) => new VariationalAutoencoder(device, options, projects: true))
    {
        Settings =
        [
            Autoencoder.CodeSize,
            new("steps", 100, 1, 10_000, IsWhole: true, "steps of the projection"),
            new("alpha", 0.5, 1e-6, 100, IsWhole: false, "factor of a step"),
            new("lambda", 0.05, 0, 100, IsWhole: false, "weight of the distance from the image"),
        ],
        Published = new PublishedTraining(32, 1e-4, 64),
    };

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Network)> Trained =>
    [
        ("encoder", _encoder), ("log_variance", _logVariance), ("decoder", _decoder),
        .. _deviation is null ? [] : new[] { ("deviation", (Module)_deviation) },
    ];

    /// <inheritdoc/>
    protected override LevelOutputs Score(Variable x)
    {
        if (_deviation is null)
        {
            using var guard = new NoGradient();
            var restored = RestoreMean(x, frozen: false);
            return new LevelOutputs(0, 1, x, restored, restored);
        }
        var projected = Variable.Constant(Project(x));
        using (new NoGradient())
        {
            var errors = Absolute(x.Subtract(projected)).Mean(-1);
            return new LevelOutputs(0, 1, x, projected, projected)
            {
                OwnPixelErrors = errors.Value.Share(),
                OwnImageErrors = errors.Mean(1, 2).Value.Share(),
            };
        }
    }

    /// <inheritdoc/>
    protected override Variable Loss(Variable x, in NoiseSource noise)
    {
        int n = x.Shape[0], values = x.Value.Count / n;
        var features = _encoder.Features(x);
        Variable mean = _encoder.Code(features), logVariance = _logVariance.Forward(features[^1].Reshape(n, -1));
        var epsilon = Variable.Constant(NormalNoise.Draw(Device, new Shape(n, _latent), noise));
        var restored = _decoder.Forward(mean.Add(logVariance.Scale(0.5f).Exp().Multiply(epsilon)));
        // KL(N(mean, variance) ‖ N(0, 1)) = −½ Σ (1 + ln variance − mean² − variance).
        var divergence = mean.Multiply(mean).Add(logVariance.Exp()).Subtract(logVariance).Subtract(Number(Device, 1)).Sum().Scale(0.5f / n / values);
        var error = restored.MeanSquaredError(x.Value).Scale(0.5f);
        if (_deviation is null) return error.Add(divergence);
        var logGamma = _deviation.Logarithm;
        return error.Multiply(logGamma.Scale(-2).Exp().Reshape()).Add(logGamma.Reshape()).Add(divergence);
    }

    private Variable RestoreMean(Variable x, bool frozen) => _decoder.Forward(_encoder.Forward(x, frozen), frozen: frozen);

    private Tensor Project(Variable x)
    {
        float alpha = (float)Options.Setting("alpha"), lambda = (float)Options.Setting("lambda");
        float precision = MathF.Exp(-2 * _deviation!.Logarithm.Value.ToArray()[0]);
        var (one, variance) = (Number(Device, 1), Number(Device, 1 / precision));
        // The range of pixels, and where an image is outside of it, its own; the lower bound with its sign turned.
        var (upper, lower) = (one.Add(x.Subtract(one).Relu()), one.Add(x.Add(one).Scale(-1).Relu()));
        var current = x.Value.Share();
        for (int step = (int)Options.Setting("steps"); step > 0; step--)
        {
            using var scope = new DisposeScope();
            using var leaf = Variable.Parameter(current);
            var difference = leaf.Subtract(RestoreMean(leaf, frozen: true));
            var squares = difference.Multiply(difference);
            var energy = squares.Sum().Scale(0.5f * precision).Add(Absolute(leaf.Subtract(x)).Sum().Scale(lambda));
            energy.Backward();
            using var guard = new NoGradient();
            var factor = Least(squares.Scale(alpha), variance);
            var next = leaf.Subtract(Variable.Constant(leaf.Gradient!.Share()).Multiply(factor));
            next = Least(Least(next, upper).Scale(-1), lower).Scale(-1);
            current = scope.Keep(next.Value.Share());
        }
        return current;
    }

    /// <summary>min(a, b) of each element.</summary>
    private static Variable Least(Variable a, Variable b) => a.Subtract(a.Subtract(b).Relu());

    /// <summary>ln γ, a parameter <c>logarithm</c> [1]; begins near 0.</summary>
    private sealed class Deviation : Module
    {
        // The fan makes the initial value small; see Initialization.
        private const int Fan = 10_000;

        public Deviation(Device? device) => Logarithm = AddParameter("logarithm", device, new Shape(1), Fan);

        public Variable Logarithm { get; }
    }
}
