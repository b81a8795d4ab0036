using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A convolution, or a transposed one that doubles the side, or a fully connected layer; then, where chosen, group normalisation and a leaky ReLU.
/// Parameters <c>weight</c>, <c>bias</c> where there is no normalisation, <c>norm.weight</c> and <c>norm.bias</c>.
/// </summary>
internal sealed class CoderLayer : Module
{
    private readonly Kind _kind;
    private readonly int _stride;
    private readonly int _groups;
    private readonly float? _slope;
    private readonly Variable _weight;
    private readonly Variable? _bias;
    private readonly Variable? _gamma;
    private readonly Variable? _beta;

    private CoderLayer(Device? device, Kind kind, Shape weight, int outputs, int fan, int stride, bool norm, bool bias, float? slope)
    {
        (_kind, _stride, _slope) = (kind, stride, slope);
        _weight = AddParameter("weight", device, weight, fan);
        if (!norm)
        {
            if (bias) _bias = AddParameter("bias", device, new Shape(outputs));
            return;
        }
        _groups = GroupNorm.Groups(outputs);
        _gamma = AddParameter("norm.weight", device, new Shape(outputs));
        _beta = AddParameter("norm.bias", device, new Shape(outputs));
    }

    private enum Kind
    {
        Convolution,
        Transposed,
        Linear,
    }

    /// <summary>A convolution.</summary>
    /// <param name="device">The device of the parameters; null for a plan.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels; divisible by the number of groups where normalised.</param>
    /// <param name="kernel">K, odd.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="norm">Whether group normalisation follows.</param>
    /// <param name="bias">Whether there is a bias, without normalisation.</param>
    /// <param name="slope">Slope of the leaky ReLU below 0; null for none.</param>
    public static CoderLayer Convolution(Device? device, int inputs, int outputs, int kernel, int stride, bool norm, bool bias, float? slope) =>
        new(device, Kind.Convolution, new Shape(kernel, kernel, inputs, outputs), outputs, kernel * kernel * inputs, stride, norm, bias, slope);

    /// <summary>A transposed convolution, 3×3, that doubles the side.</summary>
    public static CoderLayer Transposed(Device? device, int inputs, int outputs, bool norm, float? slope) =>
        new(device, Kind.Transposed, new Shape(3, 3, outputs, inputs), outputs, 9 * inputs, 2, norm, bias: true, slope);

    /// <summary>A fully connected layer.</summary>
    public static CoderLayer Linear(Device? device, int inputs, int outputs, bool bias = true, float? slope = null) =>
        new(device, Kind.Linear, new Shape(inputs, outputs), outputs, inputs, 1, norm: false, bias, slope);

    /// <summary>The output of the layer.</summary>
    /// <param name="x">[N, H, W, C], or [N, C] of a fully connected layer.</param>
    /// <param name="frozen">Whether the parameters get no gradients; those of x pass.</param>
    public Variable Forward(Variable x, bool frozen = false)
    {
        Variable Use(Variable parameter) => frozen ? Variable.Constant(parameter.Value.Share()) : parameter;
        var (weight, bias) = (Use(_weight), _bias is null ? null : Use(_bias));
        var y = _kind switch
        {
            Kind.Convolution => x.Conv2d(weight, bias, _stride),
            Kind.Transposed => x.ConvTranspose2d(weight, bias, _stride, outputPadding: 1),
            _ => x.Linear(weight, bias),
        };
        if (_gamma is not null) y = y.GroupNorm(Use(_gamma), Use(_beta!), _groups, relu: _slope == 0);
        return _slope is { } slope && !(slope == 0 && _gamma is not null) ? y.LeakyRelu(slope) : y;
    }
}
