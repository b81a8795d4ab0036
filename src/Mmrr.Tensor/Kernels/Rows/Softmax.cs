using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Softmax along the last axis, y = e^(x − m)/Σ e^(x − m) with the row's maximum m. About 25 operations and 8 bytes per element forward, 12 backward, as long
/// as a row stays in a cache.
/// </summary>
public static unsafe class Softmax
{
    /// <summary>output[…, c] = e^x[…, c]/Σ e^x[…, k]; each row sums to 1.</summary>
    /// <param name="x">[..., C].</param>
    /// <param name="output">Shaped like x.</param>
    /// <exception cref="ArgumentException">x is a scalar, the shapes or devices differ, or the buffer is the same.</exception>
    public static void Forward(Tensor x, Tensor output)
    {
        const string Operation = "Softmax.Forward";
        var layout = RowLayout.Of(Operation, "x", x);
        Kernel.Run(
            Operation, [("x", x)], [("output", output, x.Shape)],
            simd => ForwardSimd(simd, x, output, layout),
            simt => simt.Run(
                layout.Grid, ForwardKernel, new ForwardArguments { X = x.View, Output = output.View, Length = layout.Length }),
            operations: 25.0 * x.Count);
    }

    /// <summary>inputGradient = output·(outputGradient − Σ output·outputGradient), the sum over the row.</summary>
    /// <param name="output">The output of <see cref="Forward"/>, [..., C].</param>
    /// <param name="outputGradient">Shaped like output.</param>
    /// <param name="inputGradient">Shaped like output, overwritten.</param>
    /// <exception cref="ArgumentException">output is a scalar, the shapes or devices differ, or a buffer is the same.</exception>
    public static void Backward(Tensor output, Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "Softmax.Backward";
        var layout = RowLayout.Of(Operation, "output", output);
        Kernel.Run(
            Operation, [("output", output), ("outputGradient", outputGradient, output.Shape)], [("inputGradient", inputGradient, output.Shape)],
            simd => BackwardSimd(simd, output, outputGradient, inputGradient, layout),
            simt => simt.Run(
                layout.Grid, BackwardKernel,
                new BackwardArguments
                {
                    Output = output.View,
                    OutputGradient = outputGradient.View,
                    InputGradient = inputGradient.View,
                    Length = layout.Length,
                }),
            operations: 4.0 * output.Count);
    }

    // A worker takes whole rows.
    private static void ForwardSimd(SimdLaunch simd, Tensor input, Tensor output, RowLayout layout)
    {
        float* x = input.Pointer, y = output.Pointer;
        int length = layout.Length;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(layout.Rows, layout.Grain);
            for (int row = begin; row < end; row++)
            {
                float* from = x + ((long)row * length), to = y + ((long)row * length);
                SoftmaxRows.Divide(to, length, SoftmaxRows.Exponentials(from, to, length, SoftmaxRows.Largest(from, length)));
            }
        });
    }

    private static void BackwardSimd(SimdLaunch simd, Tensor output, Tensor outputGradient, Tensor inputGradient, RowLayout layout)
    {
        float* y = output.Pointer, g = outputGradient.Pointer, dx = inputGradient.Pointer;
        int length = layout.Length;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(layout.Rows, layout.Grain);
            for (int row = begin; row < end; row++) BackwardRow(y + ((long)row * length), g + ((long)row * length), dx + ((long)row * length), length);
        });
    }

    private static void BackwardRow(float* y, float* g, float* dx, int length)
    {
        var sums = Vector512<float>.Zero;
        for (int c = 0; c < length; c += Lanes.Width) sums += Lanes.LoadUpTo(y + c, length - c) * Lanes.LoadUpTo(g + c, length - c);
        var sum = Vector512.Create(Vector512.Sum(sums));
        for (int c = 0; c < length; c += Lanes.Width)
            Lanes.StoreUpTo(Lanes.LoadUpTo(y + c, length - c) * (Lanes.LoadUpTo(g + c, length - c) - sum), dx + c, length - c);
    }

    // A warp takes a row; its threads iterate over the elements three times: maximum, exponentials with their sum, quotients. 8 bytes per element, and two
    // reads and a write from a cache.
    [SimtKernel(GroupSize = RowLayout.GroupSize)]
    private static void ForwardKernel(ForwardArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int first = Grid.IdxX * a.Length;
        float largest = SoftmaxRows.Largest(shared, a.X, first, a.Length);
        float sum = SoftmaxRows.Exponentials(shared, a.X, a.Output, first, a.Length, largest);
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX) a.Output[first + c] /= sum;
    }

    // A warp takes a row; its threads iterate over the elements twice: sum, result. 12 bytes per element, and two reads from a cache.
    [SimtKernel(GroupSize = RowLayout.GroupSize)]
    private static void BackwardKernel(BackwardArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int first = Grid.IdxX * a.Length;
        float sum = 0;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX) sum += a.Output[first + c] * a.OutputGradient[first + c];
        sum = GroupReduction.Sum(shared, sum);
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX)
            a.InputGradient[first + c] = a.Output[first + c] * (a.OutputGradient[first + c] - sum);
    }

    internal struct ForwardArguments
    {
        public ArrayView<float> X, Output;
        public int Length;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> Output, OutputGradient, InputGradient;
        public int Length;
    }
}
