using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// The shape of the coders for a model's options: at each resolution but the lowest a layer that halves the side; the first has as many channels as the
/// width, and each further one twice as many, up to eight times the width.
/// </summary>
/// <param name="options">The model's options.</param>
internal sealed class CoderShape(MmrrOptions options)
{
    /// <summary>Layers.</summary>
    public int Layers => options.Resolutions - 1;

    /// <summary>Side of the lowest resolution.</summary>
    public int Side => options.Size >> Layers;

    /// <summary>Channels after a number of layers.</summary>
    public int Channels(int layers) => layers == 0 ? options.Channels : options.Width << Math.Min(layers - 1, 3);

    /// <summary>Values at the lowest resolution.</summary>
    public int Values => Side * Side * Channels(Layers);
}

/// <summary>
/// Images to codes: 3×3 convolutions of stride 2 with group normalisation and ReLU, then, where there is a code of fewer values, a fully connected layer.
/// Submodules <c>down.{i}</c> and <c>code</c>.
/// </summary>
internal sealed class Encoder : Module
{
    private readonly CoderLayer[] _down;
    private readonly CoderLayer? _code;

    /// <summary>An encoder.</summary>
    /// <param name="device">The device of the parameters; null for a plan.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="latent">Values of a code; null for the images of the lowest resolution.</param>
    /// <param name="slope">Slope of the ReLUs below 0.</param>
    public Encoder(Device? device, MmrrOptions options, int? latent, float slope = 0)
    {
        var shape = new CoderShape(options);
        _down = [.. Enumerable.Range(0, shape.Layers).Select(i => Add(
            $"down.{i}",
            CoderLayer.Convolution(device, shape.Channels(i), shape.Channels(i + 1), kernel: 3, stride: 2, norm: true, bias: true, slope)))];
        if (latent is { } values) _code = Add("code", CoderLayer.Linear(device, shape.Values, values));
    }

    /// <summary>The results of the layers: x itself, and images of each lower resolution.</summary>
    public IReadOnlyList<Variable> Features(Variable x, bool frozen = false)
    {
        List<Variable> features = [x];
        foreach (var layer in _down) features.Add(layer.Forward(features[^1], frozen));
        return features;
    }

    /// <summary>The code of the features, [N, latent].</summary>
    public Variable Code(IReadOnlyList<Variable> features, bool frozen = false) => _code!.Forward(features[^1].Reshape(features[0].Shape[0], -1), frozen);

    /// <summary>[N, S, S, C] to codes [N, latent].</summary>
    public Variable Forward(Variable x, bool frozen = false) => Code(Features(x, frozen), frozen);
}

/// <summary>
/// Codes to images in (−1, 1): a fully connected layer where the codes are not images of the lowest resolution, then 3×3 transposed convolutions of stride 2
/// with group normalisation and ReLU, and tanh after the last. Submodules <c>code</c> and <c>up.{i}</c>, the finest last.
/// </summary>
internal sealed class Decoder : Module
{
    private readonly CoderShape _shape;
    private readonly CoderLayer? _code;
    private readonly CoderLayer[] _up;
    private readonly bool _skips;

    /// <summary>A decoder.</summary>
    /// <param name="device">The device of the parameters; null for a plan.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="latent">Values of a code; null for images of the lowest resolution.</param>
    /// <param name="skips">Whether the features of the encoder join those of the same resolution, except at the lowest and at the images' own.</param>
    public Decoder(Device? device, MmrrOptions options, int? latent, bool skips = false)
    {
        (_shape, _skips) = (new CoderShape(options), skips);
        if (latent is { } values) _code = Add("code", CoderLayer.Linear(device, values, _shape.Values, slope: 0));
        _up = [.. Enumerable.Range(0, _shape.Layers).Select(i =>
        {
            int layers = _shape.Layers - i;
            int inputs = _shape.Channels(layers) * (skips && i > 0 ? 2 : 1);
            return Add($"up.{i}", CoderLayer.Transposed(device, inputs, _shape.Channels(layers - 1), norm: layers > 1, slope: layers > 1 ? 0 : null));
        })];
    }

    /// <summary>[N, latent], or images of the lowest resolution, to [N, S, S, C].</summary>
    /// <param name="code">The codes.</param>
    /// <param name="features">Those of the encoder, for skips.</param>
    /// <param name="frozen">Whether the parameters get no gradients.</param>
    public Variable Forward(Variable code, IReadOnlyList<Variable>? features = null, bool frozen = false)
    {
        var h = _code is null ? code : _code.Forward(code, frozen).Reshape(code.Shape[0], _shape.Side, _shape.Side, _shape.Channels(_shape.Layers));
        for (int i = 0; i < _up.Length; i++)
        {
            if (_skips && i > 0) h = h.ChannelConcat(features![_shape.Layers - i]);
            h = _up[i].Forward(h, frozen);
        }
        return h.Tanh();
    }
}
