using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Nn;

/// <summary>
/// Deep SVDD, one-class: a network φ without biases maps normal images close to a centre c, on mean ‖φ(x) − c‖², which is also the score. First φ is trained
/// as the encoder of an autoencoder; then c is the mean of φ over the training images, its coordinates kept at least 0.1 from 0. φ has 5×5 convolutions with
/// leaky ReLU and max pooling at each resolution. The method has no score of a pixel: each has that of its image.
/// </summary>
internal sealed class DeepSvdd : PlainModel
{
    // A coordinate near 0 could be reached with zero weights (the authors' published program).
    private const double LeastCoordinate = 0.1;

    private readonly Projection _encoder;
    private readonly Decoder _decoder;
    private readonly Centre _centre;

    private DeepSvdd(Device? device, MmrrOptions options)
        : base(device, options, Method)
    {
        int latent = (int)options.Setting("latent");
        _encoder = new Projection(device, options, latent);
        _decoder = new Decoder(device, options, latent);
        _centre = new Centre(device, latent);
    }

    /// <summary>The method's description.</summary>
    public static new AnomalyMethod Method { get; } = new(
        "deep-svdd", "DSVDD", "Ruff et al., Deep One-Class Classification, ICML 2018. At width 32 and 4 resolutions the published network for CIFAR-10 "
            + "without its batch normalisation; 32 values for MNIST, 128 for CIFAR-10.",
        [("pretraining", "pretraining.safetensors"), ("hypersphere", AnomalyMethod.ModelFile)], (device, options) => new DeepSvdd(device, options))
    {
        Settings =
        [
            new("latent", 32, 1, 4096, IsWhole: true, "values of φ"),
            new("decay", 5e-7, 0, 1, IsWhole: false, "decay of the weights, times the learning rate; the authors' program adds it to the gradients"),
        ],
        Published = new PublishedTraining(32, 1e-4, 200, FirstPhaseShare: 0.6),
        Restores = false,
    };

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Network)> Trained => [("encoder", _encoder), ("decoder", _decoder)];

    /// <inheritdoc/>
    protected override IEnumerable<TrainingPhase> NewPhases() => [.. base.NewPhases(), new Hypersphere(this)];

    /// <inheritdoc/>
    protected override Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) =>
        new AdamW(parameters, beta2: beta2, weightDecay: Options.Setting("decay"));

    /// <inheritdoc/>
    protected override LevelOutputs Score(Variable x)
    {
        using var guard = new NoGradient();
        var distances = Distances(x);
        var (n, side) = (x.Shape[0], Options.Size);
        return new LevelOutputs(0, 1, x, x, x)
        {
            OwnImageErrors = distances.Value.Share(),
            OwnPixelErrors = distances.Reshape(n, 1, 1).BroadcastTo(new Shape(n, side, side)).Value.Share(),
        };
    }

    /// <inheritdoc/>
    protected override Variable Loss(Variable x, in NoiseSource noise) => _decoder.Forward(_encoder.Forward(x)).MeanSquaredError(x.Value);

    /// <summary>‖φ(x) − c‖², [N].</summary>
    private Variable Distances(Variable x)
    {
        var difference = _encoder.Forward(x).Subtract(Variable.Constant(_centre.Value.Value.Share()));
        return difference.Multiply(difference).Sum(-1);
    }

    private sealed class Hypersphere(DeepSvdd model) : TrainingPhase(model, 2)
    {
        public override string Name => DeepSvdd.Method.Phases[1].Name;

        public override string CheckpointFile => DeepSvdd.Method.Phases[1].File;

        public override IEnumerable<(string Name, Module Network)> Networks => [("encoder", model._encoder), ("centre", model._centre)];

        public override void Begin(IEnumerable<Tensor> images)
        {
            var mean = new double[model._centre.Value.Value.Count];
            long count = 0;
            using var guard = new NoGradient();
            foreach (var batch in images)
            {
                using var scope = new DisposeScope();
                float[] values = model._encoder.Forward(Variable.Constant(batch.Share())).Value.ToArray();
                for (int i = 0; i < values.Length; i++) mean[i % mean.Length] += values[i];
                count += values.Length / mean.Length;
            }
            model._centre.Value.Value.CopyFrom([.. mean.Select(sum => (float)Kept(sum / count))]);
        }

        public override Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) => model.NewOptimizer(parameters, beta2);

        public override Variable Loss(Tensor images, Tensor levels, in NoiseSource noise) => model.Distances(Variable.Constant(images.Share())).Mean();

        private static double Kept(double c) => Math.Abs(c) >= LeastCoordinate ? c : c < 0 ? -LeastCoordinate : LeastCoordinate;
    }

    /// <summary>φ: [N, S, S, C] to [N, latent], without biases. Submodules <c>down.{i}</c> and <c>code</c>.</summary>
    private sealed class Projection : Module
    {
        private readonly CoderLayer[] _down;
        private readonly CoderLayer _code;

        public Projection(Device? device, MmrrOptions options, int latent)
        {
            var shape = new CoderShape(options);
            _down = [.. Enumerable.Range(0, shape.Layers).Select(i => Add(
                $"down.{i}",
                CoderLayer.Convolution(device, shape.Channels(i), shape.Channels(i + 1), kernel: 5, stride: 1, norm: false, bias: false, slope: 0.01f)))];
            _code = Add("code", CoderLayer.Linear(device, shape.Values, latent, bias: false));
        }

        public Variable Forward(Variable x)
        {
            var h = x;
            foreach (var layer in _down) h = layer.Forward(h).MaxPool(2, 2);
            return _code.Forward(h.Reshape(x.Shape[0], -1));
        }
    }

    /// <summary>c, a parameter <c>value</c> [latent] without gradients.</summary>
    private sealed class Centre : Module
    {
        public Centre(Device? device, int latent) => Value = AddParameter("value", device, new Shape(latent));

        public Variable Value { get; }
    }
}
