using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>A fully connected layer along the last axis. Parameters <c>weight</c> [in, out] and <c>bias</c> [out].</summary>
public sealed class Linear : Module
{
    private readonly Variable _weight;
    private readonly Variable _bias;

    /// <summary>A layer from <paramref name="inputs"/> to <paramref name="outputs"/> values.</summary>
    public Linear(Device? device, int inputs, int outputs)
    {
        _weight = AddParameter("weight", device, new Shape(inputs, outputs));
        _bias = AddParameter("bias", device, new Shape(outputs));
    }

    /// <summary>x·weight + bias: [..., in] to [..., out].</summary>
    public Variable Forward(Variable x) => x.Linear(_weight, _bias);
}
