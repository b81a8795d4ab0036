using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>The output's gradient is also that of both inputs: it is passed through without a copy.</summary>
internal sealed class AddOperation(Variable a, Variable b) : Operation([a, b])
{
    public override string Name => "Add";

    protected override Tensor Forward()
    {
        var output = EmptyLike(a);
        Elementwise.Add(a.Value, b.Value, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        Propagate(a, outputGradient);
        Propagate(b, outputGradient);
    }
}

public static partial class Ops
{
    /// <summary>a + b, element by element; both are broadcast to one shape by NumPy's rules if theirs differ.</summary>
    /// <param name="a">A variable of any shape.</param>
    /// <param name="b">Each of its sizes, from the last, is that of <paramref name="a"/>, or one of the two is 1 or absent.</param>
    /// <returns>Of the larger of each two sizes.</returns>
    /// <exception cref="ArgumentException">The shapes cannot be broadcast, or the devices differ.</exception>
    public static Variable Add(this Variable a, Variable b)
    {
        (a, b) = Broadcast(a, b);
        return new AddOperation(a, b).Run();
    }
}
