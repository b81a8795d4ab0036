using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>Layer normalisation along the last axis, ε = 10⁻⁵. Parameters <c>weight</c> and <c>bias</c>, [channels].</summary>
public sealed class LayerNorm : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;

    /// <summary>A normalisation of rows of this many values.</summary>
    public LayerNorm(Device? device, int channels)
    {
        _weight = AddParameter("weight", device, new Shape(channels));
        _bias = AddParameter("bias", device, new Shape(channels));
    }

    /// <summary>norm(x), [..., channels].</summary>
    public Variable Forward(Variable x) => x.LayerNorm(_weight, _bias);
}
