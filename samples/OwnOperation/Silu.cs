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
    public static void Forward(Tensor x, Tensor output) => Kernel.Run(
        "Silu.Forward", [("x", x)], [("output", output, x.Shape)],
        simd =>
        {
            var (from, to) = (simd.Read(x), simd.Write(output));
            simd.Run(worker =>
            {
                var (begin, end) = worker.Share(from.Span.Length, Grain);
                ForwardSimd(from.Span[begin..end], to.Span[begin..end]);
            });
        },
        simt => simt.Run(SimtGrid.Threads(x.Count), ForwardKernel, new ForwardArguments { X = x.View, Output = output.View, Count = x.Count }),
        operations: 30.0 * x.Count);

    /// <summary>inputGradient = outputGradient·σ(x)·(1 + x·(1 − σ(x))).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ, or a buffer is the same.</exception>
    public static void Backward(Tensor x, Tensor outputGradient, Tensor inputGradient) => Kernel.Run(
        "Silu.Backward", [("x", x), ("outputGradient", outputGradient, x.Shape)], [("inputGradient", inputGradient, x.Shape)],
        simd =>
        {
            var (input, gradient, to) = (simd.Read(x), simd.Read(outputGradient), simd.Write(inputGradient));
            simd.Run(worker =>
            {
                var (begin, end) = worker.Share(input.Span.Length, Grain);
                BackwardSimd(input.Span[begin..end], gradient.Span[begin..end], to.Span[begin..end]);
            });
        },
        simt => simt.Run(
            SimtGrid.Threads(x.Count), BackwardKernel,
            new BackwardArguments { X = x.View, OutputGradient = outputGradient.View, InputGradient = inputGradient.View, Count = x.Count }),
        operations: 34.0 * x.Count);

    // A thread takes the elements i, i + stride, …, so that neighbours read and write neighbouring addresses.
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < a.Count; i += stride) a.Output[i] = a.X[i] * Exponential.Sigmoid(a.X[i]);
    }

    [SimtKernel]
    private static void BackwardKernel(BackwardArguments a)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < a.Count; i += stride)
        {
            float sigmoid = Exponential.Sigmoid(a.X[i]);
            a.InputGradient[i] = a.OutputGradient[i] * sigmoid * (1f + (a.X[i] * (1f - sigmoid)));
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

    // What a kernel gets: one struct with public fields.
    internal struct ForwardArguments
    {
        public ArrayView<float> X, Output;
        public int Count;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> X, OutputGradient, InputGradient;
        public int Count;
    }
}
