using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>
/// Multi-Level Masking and Restoration with Refinement: e = tanh(f_E(x)), m = mask(f_M(x), μ), ẽ = e⊙m + ε⊙(1−m) (equation 1),
/// x̂ = tanh(f_res(ẽ)), r = f_ref(x, e, m, ε); the restored image is x̂, the refined one x̂ + r (equations 3 and 4). Images are [N, S, S, C] in
/// [−1, 1].
/// </summary>
public sealed class MmrrModel : AnomalyModel
{
    // Allowed difference between the mean of a mask and its level. Float32 sums of up to 200,000 sigmoids are accurate to about a tenth of it.
    private const float MaskTolerance = 1e-6f;
    private const int MaskSweeps = 64;

    /// <summary>The file of f_e, f_m and f_res.</summary>
    internal const string RestorationFile = "restoration.safetensors";

    /// <summary>The file of f_ref.</summary>
    internal const string RefinementFile = "refinement.safetensors";

    /// <summary>Creates a model with arbitrary weights: call <see cref="AnomalyModel.Initialize"/> or load a checkpoint.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public MmrrModel(Device device, MmrrOptions options)
        : this(options, device)
    {
    }

    private MmrrModel(MmrrOptions options, Device? device)
        : base(device, options)
    {
        Method.Validate(options);
        if (options.Method is { } other) throw new ArgumentException($"the method is {other}, expected {Method.Name}");
        UNet Network(int inputs) => new(device, inputs, options.Channels, options.Width, options.Resolutions);
        EmbeddingNetwork = options.Embedding ? Network(options.Channels) : null;
        MaskNetwork = options.Mask == MaskKind.Learned ? Network(options.Channels) : null;
        RestorationNetwork = Network(options.Channels);
        RefinementNetwork = Network(options.Channels * options.RefinementInputs.Count);
        Phases = [new RestorationPhase(this), new RefinementPhase(this)];
    }

    /// <summary>The method's description.</summary>
    public static AnomalyMethod Method { get; } = new(
        MmrrOptions.MmrrMethod, "MMRR", "Multi-Level Masking and Restoration with Refinement, the paper of this program.",
        [("restoration", RestorationFile), ("refinement", RefinementFile)], (device, options) => new MmrrModel(options, device))
    {
        HasLevels = true,
        Refines = true,
    };

    /// <inheritdoc/>
    internal override IReadOnlyList<TrainingPhase> Phases { get; }

    /// <summary>f_E; null without embedding.</summary>
    public UNet? EmbeddingNetwork { get; }

    /// <summary>f_M; null if the mask is not learned.</summary>
    public UNet? MaskNetwork { get; }

    /// <summary>f_res.</summary>
    public UNet RestorationNetwork { get; }

    /// <summary>f_ref.</summary>
    public UNet RefinementNetwork { get; }

    /// <summary>The solver of the mask's bias.</summary>
    public MaskSolver Solver { get; init; } = MaskSolver.Newton;

    /// <summary>The networks that the first phase trains.</summary>
    public IEnumerable<(string Name, Module Network)> RestorationNetworks()
    {
        if (EmbeddingNetwork is not null) yield return ("f_e", EmbeddingNetwork);
        if (MaskNetwork is not null) yield return ("f_m", MaskNetwork);
        yield return ("f_res", RestorationNetwork);
    }

    /// <inheritdoc/>
    public override void Visit(ReadOnlySpan<float> images, LevelSchedule schedule, Action<LevelOutputs> visit) =>
        LevelWalk.Run(this, images, schedule, visit);

    /// <summary>e = tanh(f_E(x)), or x itself without embedding; [N, S, S, C].</summary>
    public Variable Embed(Variable x)
    {
        ArgumentNullException.ThrowIfNull(x);
        if (EmbeddingNetwork is null) return Variable.Constant(x.Value.Share());
        using var h = EmbeddingNetwork.Forward(x);
        return h.Tanh();
    }

    /// <summary>f_M(x), the logits of the mask before the bias; null if the mask is not learned.</summary>
    public Variable? MaskLogits(Variable x) => MaskNetwork?.Forward(x);

    /// <summary>Masks at the given levels and restores. Row n·L + l of every result belongs to image n and level l.</summary>
    /// <param name="x">[N, S, S, C].</param>
    /// <param name="e">From <see cref="Embed"/>.</param>
    /// <param name="logits">From <see cref="MaskLogits"/>.</param>
    /// <param name="levels">μ, [N, L], each from 0 to 1.</param>
    /// <param name="noise">The source of ε and of a Bernoulli mask.</param>
    public MmrrRestoration Restore(Variable x, Variable e, Variable? logits, Tensor levels, in NoiseSource noise)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(e);
        ArgumentNullException.ThrowIfNull(levels);
        int count = levels.Shape[1];
        var shape = new Shape(x.Shape[0] * count, Options.Size, Options.Size, Options.Channels);
        int period = noise.SameForEveryImage ? shape.Count / x.Shape[0] : shape.Count;
        var image = count == 1 ? Variable.Constant(x.Value.Share()) : x.RepeatImages(count);
        var embedding = count == 1 ? e.Scale(1) : e.RepeatImages(count);
        var epsilon = Tensor.Empty(Device, shape);
        PhiloxUniform.Fill(noise.Seed, noise.Stream, -1, 1, period, epsilon);
        Variable mask;
        if (logits is not null)
        {
            mask = logits.BisectionMask(levels, Solver, MaskTolerance, MaskSweeps);
        }
        else
        {
            var m = Tensor.Empty(Device, shape);
            if (Options.Mask == MaskKind.Constant) PlainMasks.Constant(levels, m);
            else PlainMasks.Bernoulli(levels, noise.Seed, ~noise.Stream, period, m); // a stream that the noise does not use
            mask = Variable.Constant(m);
        }
        var restricted = embedding.NoiseBlend(mask, epsilon);
        using var h = RestorationNetwork.Forward(restricted);
        return new MmrrRestoration(image, embedding, mask, epsilon, restricted, h.Tanh());
    }

    /// <summary>x̂ + r with r = f_ref of the inputs in the options, [N·L, S, S, C].</summary>
    public Variable Refine(MmrrRestoration restoration)
    {
        ArgumentNullException.ThrowIfNull(restoration);
        using var epsilon = Variable.Constant(restoration.Noise.Share());
        Variable[] inputs = [.. Options.RefinementInputs.Select(input => restoration.Input(input, epsilon))];
        using var joined = inputs.Length == 1 ? null : inputs[0].ChannelConcat(inputs[1..]);
        using var r = RefinementNetwork.Forward(joined ?? inputs[0]);
        return restoration.Restored.Add(r);
    }
}
