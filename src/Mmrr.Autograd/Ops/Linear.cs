using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>A matrix product over the last axis, all others being rows; the bias's gradient is the sum of the output's over the rows.</summary>
internal sealed class LinearOperation(Variable x, Variable weight, Variable? bias) : Operation([x, weight, bias])
{
    private Tensor? _x;
    private Tensor? _weight;

    public override string Name => "Linear";

    private int Rows => x.Shape.Count / x.Shape[-1];

    protected override Tensor Forward()
    {
        Shape shape = x.Shape, weights = weight.Shape;
        if (shape.Rank < 1) throw new ArgumentException($"{Name}: x is {shape}, expected [..., in]");
        if (weights.Rank != 2 || weights[0] != shape[-1])
            throw new ArgumentException($"{Name}: weight is {weights}, expected [{shape[-1]}, out] for x {shape}");
        var output = Tensor.Empty(x.Device, new Shape([.. shape.ToArray()[..^1], weights[1]]));
        var rows = x.Value.Share(new Shape(Rows, weights[0]));
        MatrixProduct.Forward(rows, weight.Value, bias?.Value, output.Share(new Shape(Rows, weights[1])));
        if (Wants(weight)) _x = Save(rows);
        if (Wants(x)) _weight = Save(weight.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradients = outputGradient.Share(new Shape(Rows, weight.Shape[1]));
        if (Wants(x))
        {
            var gradient = EmptyLike(x);
            MatrixProduct.BackwardLeft(gradients, _weight!, gradient.Share(new Shape(Rows, weight.Shape[0])));
            Propagate(x, gradient);
        }
        if (Wants(weight))
        {
            var gradient = EmptyLike(weight);
            MatrixProduct.BackwardRight(_x!, gradients, gradient);
            Propagate(weight, gradient);
        }
        if (Wants(bias))
        {
            var gradient = EmptyLike(bias!);
            AxisReduction.Sum(gradients, 0, 1, gradient);
            Propagate(bias, gradient);
        }
    }
}

public static partial class Ops
{
    /// <summary>The fully connected layer x·weight + bias, along the last axis.</summary>
    /// <param name="x">[..., in].</param>
    /// <param name="weight">[in, out].</param>
    /// <param name="bias">[out], or null for none.</param>
    /// <returns>[..., out].</returns>
    /// <exception cref="ArgumentException">The shapes or devices do not match.</exception>
    public static Variable Linear(this Variable x, Variable weight, Variable? bias = null) => new LinearOperation(x, weight, bias).Run();
}
