using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>Every elementwise function of one tensor, found by its interface, forward and backward.</summary>
public class FunctionBenchmarks : KernelBenchmark
{
    private Tensor _x = null!, _gradient = null!, _output = null!;

    /// <summary>Each function on activations of width 128 at batch 4.</summary>
    public static IEnumerable<Function> Cases => typeof(IUnaryFunction).Assembly.GetTypes()
        .Where(type => type.IsValueType && !type.ContainsGenericParameters && typeof(IUnaryFunction).IsAssignableFrom(type))
        .OrderBy(type => type.Name, StringComparer.Ordinal)
        .Select(type => (Function)Activator.CreateInstance(typeof(Function<>).MakeGenericType(type))!);

    [ParamsSource(nameof(Cases))]
    public Function Of { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Many)]
    public void Forward() => Run(Many, () => Of.Forward(_x, _output));

    [Benchmark(OperationsPerInvoke = Many)]
    public void Backward() => Run(Many, () => Of.Backward(_x, _gradient, _output));

    protected override void Prepare() =>
        (_x, _gradient, _output) = (Uniform([Function.Count], (float)Of.Traits.Low, (float)Of.Traits.High), Uniform([Function.Count]), Empty(Function.Count));
}

/// <summary>A function with its type parameter closed; its costs are those that it states.</summary>
public abstract class Function
{
    public const int Count = 4 * 32 * 32 * 128;

    public abstract UnaryTraits Traits { get; }

    public abstract void Forward(Tensor x, Tensor output);

    public abstract void Backward(Tensor kept, Tensor outputGradient, Tensor inputGradient);

    public override string ToString() => Traits.Name;
}

/// <inheritdoc/>
public sealed class Function<TFunction> : Function
    where TFunction : struct, IUnaryFunction
{
    public override UnaryTraits Traits => TFunction.Traits;

    public override void Forward(Tensor x, Tensor output) => Elementwise.Forward<TFunction>(x, output);

    public override void Backward(Tensor kept, Tensor outputGradient, Tensor inputGradient) =>
        Elementwise.Backward<TFunction>(kept, outputGradient, inputGradient);
}
