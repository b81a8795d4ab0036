using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>x², as a user would write it; its backward can be made wrong, and tells what it saw.</summary>
internal sealed class Square(Variable x, float slope = 2f) : Operation([x])
{
    private Tensor? _x;

    public override string Name => "Square";

    public bool Wanted { get; private set; }

    public Action? Watch { get; init; }

    protected override Tensor Forward()
    {
        Wanted = Wants(x);
        _x = Save(x.Value);
        var output = EmptyLike(x);
        Elementwise.Multiply(x.Value, x.Value, output);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        Watch?.Invoke();
        var gradient = EmptyLike(x);
        Elementwise.Multiply(_x!, outputGradient, gradient);
        Elementwise.Scale(gradient, slope, gradient);
        Propagate(x, gradient);
    }
}

/// <summary>y = x, whose backward does whatever a test wants.</summary>
internal sealed class Broken(Variable x, Func<Tensor, Tensor?> backward) : Operation([x])
{
    public override string Name => "Broken";

    protected override Tensor Forward()
    {
        Save(x.Value);
        return x.Value;
    }

    protected override void Backward(Tensor outputGradient)
    {
        if (backward(outputGradient) is { } gradient) Propagate(x, gradient);
    }
}
