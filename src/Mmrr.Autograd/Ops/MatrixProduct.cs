using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>With y = a·b, the gradient of a is g·bᵀ and that of b is aᵀ·g.</summary>
internal sealed class MatrixProductOperation(Variable a, Variable b) : Operation([a, b])
{
    private Tensor? _a;
    private Tensor? _b;

    public override string Name => "MatrixProduct";

    protected override Tensor Forward()
    {
        var output = Tensor.Empty(a.Device, MatrixProduct.OutputShape(a.Shape, b.Shape));
        MatrixProduct.Forward(a.Value, b.Value, null, output);
        if (Wants(b)) _a = Save(a.Value);
        if (Wants(a)) _b = Save(b.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (Wants(a))
        {
            var gradient = EmptyLike(a);
            MatrixProduct.BackwardLeft(outputGradient, _b!, gradient);
            Propagate(a, gradient);
        }
        if (Wants(b))
        {
            var gradient = EmptyLike(b);
            MatrixProduct.BackwardRight(_a!, outputGradient, gradient);
            Propagate(b, gradient);
        }
    }
}

public static partial class Ops
{
    /// <summary>The matrix product a·b; of several matrices, one by one.</summary>
    /// <param name="a">[M, K] or [B, M, K].</param>
    /// <param name="b">[K, N], or [B, K, N] with a matrix for each of <paramref name="a"/>.</param>
    /// <returns>[M, N] or [B, M, N].</returns>
    /// <exception cref="ArgumentException">The shapes or devices do not match.</exception>
    public static Variable MatrixProduct(this Variable a, Variable b) => new MatrixProductOperation(a, b).Run();
}
