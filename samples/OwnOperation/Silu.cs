using System.Runtime.Intrinsics;
using ILGPU;
using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Samples;

/// <summary>SiLU (swish), y = x·σ(x) with the logistic σ; dy/dx = σ(x)·(1 + x·(1 − σ(x))). Elfwing, Uchibe, Doya 2018, equations 5 and 6.</summary>
public sealed class Silu(Variable x) : Operation([x])
{
    private Tensor? _x;

    /// <inheritdoc/>
    public override string Name => "Silu";

    /// <inheritdoc/>
    protected override Tensor Forward()
    {
        _x = Save(x.Value);
        var output = EmptyLike(x);
        SiluKernels.Forward(x.Value, output);
        return output;
    }

    /// <inheritdoc/>
    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(x);
        SiluKernels.Backward(_x!, outputGradient, gradient);
        Propagate(x, gradient);
    }
}

/// <summary>The kernels, each with a body for <c>cpu</c> and one for GPUs. Any shape. About 30 operations an element; 8 bytes forward, 12 backward.</summary>
public static class SiluKernels
{
    private const int Lanes = 16;

    // Elements that a worker takes at a time: some µs, and whole vectors.
    private const int Grain = 4096;

    /// <summary>output = x·σ(x).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ, or the buffer is the same.</exception>
    public static void Forward(Tensor x, Tensor output)
    {
        CheckShape("Silu.Forward", x, output);
        OwnKernel.Run(
            "Silu.Forward", [x], [output],
            (worker, inputs, outputs) =>
            {
                var (begin, end) = worker.Share(inputs[0].Length, Grain);
                ForwardSimd(inputs[0][begin..end], outputs[0][begin..end]);
            },
            (launch, inputs, outputs) => launch.Run(SimtGrid.Threads(x.Count), ForwardKernel, inputs[0], outputs[0], x.Count),
            operations: 30.0 * x.Count);
    }

    /// <summary>inputGradient = outputGradient·σ(x)·(1 + x·(1 − σ(x))).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ, or a buffer is the same.</exception>
    public static void Backward(Tensor x, Tensor outputGradient, Tensor inputGradient)
    {
        CheckShape("Silu.Backward", x, outputGradient);
        CheckShape("Silu.Backward", x, inputGradient);
        OwnKernel.Run(
            "Silu.Backward", [x, outputGradient], [inputGradient],
            (worker, inputs, outputs) =>
            {
                var (begin, end) = worker.Share(inputs[0].Length, Grain);
                BackwardSimd(inputs[0][begin..end], inputs[1][begin..end], outputs[0][begin..end]);
            },
            (launch, inputs, outputs) => launch.Run(SimtGrid.Threads(x.Count), BackwardKernel, inputs[0], inputs[1], outputs[0], x.Count),
            operations: 34.0 * x.Count);
    }

    // A thread takes the elements i, i + stride, …, so that neighbours read and write neighbouring addresses.
    [SimtKernel]
    private static void ForwardKernel(ArrayView<float> x, ArrayView<float> output, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = x[i] * Exponential.Sigmoid(x[i]);
    }

    [SimtKernel]
    private static void BackwardKernel(ArrayView<float> x, ArrayView<float> outputGradient, ArrayView<float> inputGradient, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride)
        {
            float sigmoid = Exponential.Sigmoid(x[i]);
            inputGradient[i] = outputGradient[i] * sigmoid * (1f + (x[i] * (1f - sigmoid)));
        }
    }

    // Vectors of 16; what is left at the end of the tensor one by one.
    private static void ForwardSimd(ReadOnlySpan<float> x, Span<float> output)
    {
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var value = Vector512.Create(x[i..]);
            (value * Exponential.Sigmoid(value)).CopyTo(output[i..]);
        }
        for (; i < x.Length; i++) output[i] = x[i] * Exponential.Sigmoid(x[i]);
    }

    private static void BackwardSimd(ReadOnlySpan<float> x, ReadOnlySpan<float> outputGradient, Span<float> inputGradient)
    {
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            var value = Vector512.Create(x[i..]);
            var sigmoid = Exponential.Sigmoid(value);
            var slope = sigmoid * (Vector512<float>.One + (value * (Vector512<float>.One - sigmoid)));
            (Vector512.Create(outputGradient[i..]) * slope).CopyTo(inputGradient[i..]);
        }
        for (; i < x.Length; i++)
        {
            float sigmoid = Exponential.Sigmoid(x[i]);
            inputGradient[i] = outputGradient[i] * sigmoid * (1f + (x[i] * (1f - sigmoid)));
        }
    }

    private static void CheckShape(string operation, Tensor x, Tensor other)
    {
        if (!other.Shape.Equals(x.Shape)) throw new ArgumentException($"{operation}: x is {x.Shape}, another argument {other.Shape}; expected one shape");
    }
}
