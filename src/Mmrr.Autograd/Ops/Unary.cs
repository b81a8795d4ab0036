using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>An elementwise function of one variable: forward and backward follow from the function.</summary>
internal sealed class UnaryOperation<TFunction>(Variable x, TFunction function) : Operation([x])
    where TFunction : struct, IUnaryFunction
{
    private Tensor? _kept;

    public override string Name => TFunction.Traits.Name;

    protected override Tensor Forward()
    {
        var output = EmptyLike(x);
        Elementwise.Forward(x.Value, output, function);
        if (TFunction.Traits.Kept != Kept.Nothing) _kept = Save(TFunction.Traits.Kept == Kept.Output ? output : x.Value);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        Elementwise.Backward(_kept ?? outputGradient, outputGradient, gradient, function);
        Propagate(x, gradient);
    }
}

public static partial class Ops
{
    /// <summary>f of each element; a function of one's own is a struct (<see cref="IUnaryFunction"/>).</summary>
    /// <param name="x">A variable of any shape.</param>
    /// <param name="function">f.</param>
    /// <returns>Shaped like <paramref name="x"/>.</returns>
    public static Variable Apply<TFunction>(this Variable x, TFunction function = default)
        where TFunction : struct, IUnaryFunction =>
        new UnaryOperation<TFunction>(x, function).Run();

    /// <summary>max(0, x) of each element.</summary>
    public static Variable Relu(this Variable x) => x.Apply<Relu>();

    /// <summary>The hyperbolic tangent of each element.</summary>
    public static Variable Tanh(this Variable x) => x.Apply<Tanh>();

    /// <summary>1 / (1 + e⁻ˣ) of each element.</summary>
    public static Variable Sigmoid(this Variable x) => x.Apply<Sigmoid>();

    /// <summary>factor·x, with a factor without a gradient.</summary>
    public static Variable Scale(this Variable x, float factor) => x.Apply(new Scaling(factor));

    /// <summary>eˣ of each element.</summary>
    public static Variable Exp(this Variable x) => x.Apply<Exp>();

    /// <summary>The natural logarithm of each element; −∞ at 0, NaN below.</summary>
    public static Variable Log(this Variable x) => x.Apply<Log>();

    /// <summary>The square root of each element; NaN below 0.</summary>
    public static Variable Sqrt(this Variable x) => x.Apply<Sqrt>();

    /// <summary>x to the power of an exponent without a gradient; NaN where x &lt; 0 and the exponent is no whole number up to ±64.</summary>
    /// <exception cref="ArgumentException">The exponent is not finite.</exception>
    public static Variable Power(this Variable x, float exponent) => x.Apply(new Power(exponent));

    /// <summary>x where x &gt; 0, otherwise slope·x.</summary>
    public static Variable LeakyRelu(this Variable x, float slope = 0.01f) => x.Apply(new LeakyRelu(slope));

    /// <summary>x·Φ(x) of each element, Φ the standard normal distribution.</summary>
    public static Variable Gelu(this Variable x) => x.Apply<Gelu>();

    /// <summary>x·min(max(x + 3, 0), 6)/6 of each element.</summary>
    public static Variable HardSwish(this Variable x) => x.Apply<HardSwish>();
}
