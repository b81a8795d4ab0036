using Mmrr;
using Mmrr.Autograd;
using Mmrr.Nn;

/// <summary>An encoder to a normal distribution over codes and a decoder to the logits of pixels, each with one hidden layer.</summary>
internal sealed class Coder : Module
{
    public const int Pixels = 28 * 28;
    public const int Latent = 16;
    private const int Hidden = 256;

    private readonly Linear _encode;
    private readonly Linear _mean;
    private readonly Linear _logVariance;
    private readonly Linear _decode;
    private readonly Linear _pixels;

    public Coder(Device device)
    {
        _encode = Add("encode", new Linear(device, Pixels, Hidden));
        _mean = Add("mean", new Linear(device, Hidden, Latent));
        _logVariance = Add("log_variance", new Linear(device, Hidden, Latent));
        _decode = Add("decode", new Linear(device, Latent, Hidden));
        _pixels = Add("pixels", new Linear(device, Hidden, Pixels));
    }

    /// <summary>Codes [N, 16] to logits of pixels [N, 784].</summary>
    public Variable Decode(Variable code) => _pixels.Forward(_decode.Forward(code).Relu());

    /// <summary>The negative evidence lower bound of an image, in nats, on average over images x [N, 784] in [0, 1], with noise [N, 16] from N(0, 1).</summary>
    public Variable Loss(Variable x, Variable noise)
    {
        var hidden = _encode.Forward(x).Relu();
        Variable mean = _mean.Forward(hidden), logVariance = _logVariance.Forward(hidden);
        var logits = Decode(mean.Add(logVariance.Scale(0.5f).Exp().Multiply(noise))); // the code is mean + deviation·noise
        // Bernoulli: −ln p(x|code) = Σ softplus(l) − x·l, with softplus(l) = relu(l) + ln(1 + e^−|l|) and −|l| = l − 2·relu(l).
        var rectified = logits.Relu();
        var softplus = rectified.Add(logits.Subtract(rectified.Scale(2)).Exp().Add(One(x.Device)).Log());
        var reconstruction = softplus.Subtract(x.Multiply(logits)).Sum();
        // KL(N(mean, variance) ‖ N(0, 1)) = −½ Σ (1 + ln variance − mean² − variance).
        var divergence = mean.Multiply(mean).Add(logVariance.Exp()).Subtract(logVariance).Subtract(One(x.Device)).Sum().Scale(0.5f);
        return reconstruction.Add(divergence).Scale(1f / x.Shape[0]);
    }

    private static Variable One(Device device) => Variable.Constant(Tensor.From(device, new Shape(1), [1]));
}
