using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The cross-entropy of a softmax, averaged over the rows: −1/N·Σₙ Σ_c t[n, c]·ln p[n, c] with p = softmax(logits), ln p = x − m − ln Σ e^(x − m) and the row's
/// maximum m. A term with t = 0 counts nothing, even where ln p is −∞. About 32 operations and 12 bytes per element forward, 3 and 12 backward. The sum over
/// the rows runs in float64, on GPUs within each thread, in an order that follows from the number of rows alone.
/// </summary>
public static unsafe class SoftmaxCrossEntropy
{
    /// <summary>The loss, and the probabilities for <see cref="Backward"/>.</summary>
    /// <param name="logits">[..., C]: N rows of C classes.</param>
    /// <param name="target">t, shaped like the logits: the probabilities of the classes, each row with the sum 1, which is not checked.</param>
    /// <param name="probability">p, shaped like the logits, overwritten.</param>
    /// <param name="loss">A scalar, in nats.</param>
    /// <exception cref="ArgumentException">The logits are a scalar, the shapes or devices are invalid, or a buffer is the same.</exception>
    public static void Forward(Tensor logits, Tensor target, Tensor probability, Tensor loss)
    {
        const string Operation = "SoftmaxCrossEntropy.Forward";
        var layout = RowLayout.Of(Operation, "logits", logits);
        Kernel.Run(
            Operation, [("logits", logits), ("target", target, logits.Shape)],
            [("probability", probability, logits.Shape), ("loss", loss, new Shape())],
            simd => ForwardSimd(simd, logits, target, probability, loss, layout),
            simt =>
            {
                using var losses = Tensor.Empty(logits.Device, new Shape(layout.Rows));
                simt.Run(
                    layout.Grid, RowKernel,
                    new RowArguments
                    {
                        Logits = logits.View,
                        Target = target.View,
                        Probability = probability.View,
                        Losses = losses.View,
                        Length = layout.Length,
                    });
                simt.Run(SimtGrid.Groups(1), MeanKernel, new MeanArguments { Losses = losses.View, Loss = loss.View, Rows = layout.Rows });
            },
            operations: 32.0 * logits.Count);
    }

    /// <summary>logitsGradient = (probability − target)/N·outputGradient.</summary>
    /// <param name="probability">p of <see cref="Forward"/>, [..., C].</param>
    /// <param name="target">t, as passed to <see cref="Forward"/>.</param>
    /// <param name="outputGradient">A scalar.</param>
    /// <param name="logitsGradient">Shaped like the probability, overwritten.</param>
    /// <exception cref="ArgumentException">The probability is a scalar, the shapes or devices are invalid, or a buffer is the same.</exception>
    public static void Backward(Tensor probability, Tensor target, Tensor outputGradient, Tensor logitsGradient)
    {
        const string Operation = "SoftmaxCrossEntropy.Backward";
        int rows = RowLayout.Of(Operation, "probability", probability).Rows;
        Kernel.Run(
            Operation,
            [("probability", probability), ("target", target, probability.Shape), ("outputGradient", outputGradient, new Shape())],
            [("logitsGradient", logitsGradient, probability.Shape)],
            simd => BackwardSimd(simd, probability, target, outputGradient, logitsGradient, 1f / rows),
            simt => simt.Run(
                QuadWalk.Grid(probability.Device, probability.Count), BackwardKernel,
                new BackwardArguments
                {
                    Probability = probability.View,
                    Target = target.View,
                    OutputGradient = outputGradient.View,
                    LogitsGradient = logitsGradient.View,
                    Factor = 1f / rows,
                    Count = probability.Count,
                }),
            operations: 3.0 * probability.Count);
    }

    /// <summary>Rows with 1 at the label and 0 elsewhere: the target of examples that each have one class.</summary>
    /// <param name="device">The device of the rows.</param>
    /// <param name="labels">The class of each row, from 0 to <paramref name="classes"/> − 1.</param>
    /// <param name="classes">C, at least 1.</param>
    /// <returns>[N, C], to be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">There are no labels, or one is out of range.</exception>
    public static Tensor OneHot(Device device, ReadOnlySpan<int> labels, int classes)
    {
        const string Operation = "SoftmaxCrossEntropy.OneHot";
        if (classes < 1) throw new ArgumentException($"{Operation}: classes is {classes}, expected at least 1");
        if (labels.IsEmpty) throw new ArgumentException($"{Operation}: labels is empty, expected at least one label");
        var shape = Check.Intermediate(Operation, "the rows", labels.Length, classes);
        var values = new float[shape.Count];
        for (int row = 0; row < labels.Length; row++)
        {
            if ((uint)labels[row] >= (uint)classes)
                throw new ArgumentException($"{Operation}: labels[{row}] is {labels[row]}, expected 0 to {classes - 1}");
            values[(row * classes) + labels[row]] = 1;
        }
        return Tensor.From(device, shape, values);
    }

    // A worker takes whole rows; the first one adds their losses.
    private static void ForwardSimd(SimdLaunch simd, Tensor logits, Tensor target, Tensor probability, Tensor loss, RowLayout layout)
    {
        float* x = logits.Pointer, t = target.Pointer, p = probability.Pointer, mean = loss.Pointer;
        int length = layout.Length, rows = layout.Rows;
        using var losses = Tensor.Empty(logits.Device, new Shape(rows));
        float* each = losses.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(rows, layout.Grain);
            for (int row = begin; row < end; row++)
            {
                long offset = (long)row * length;
                each[row] = Row(x + offset, t + offset, p + offset, length);
            }
            worker.Barrier();
            if (worker.Index != 0) return;
            double sum = 0;
            for (int row = 0; row < rows; row++) sum += each[row];
            *mean = (float)(sum / rows);
        });
    }

    private static float Row(float* x, float* t, float* p, int length)
    {
        float largest = SoftmaxRows.Largest(x, length), sum = SoftmaxRows.Exponentials(x, p, length, largest);
        SoftmaxRows.Divide(p, length, sum);
        Vector512<float> losses = default, shift = Vector512.Create(largest), logarithm = Vector512.Create(Logarithm.Log(sum));
        for (int c = 0; c < length; c += Lanes.Width)
        {
            var weight = Lanes.LoadUpTo(t + c, length - c);
            var loss = weight * (logarithm - (Lanes.LoadUpTo(x + c, length - c) - shift));
            losses += Vector512.ConditionalSelect(Vector512.Equals(weight, Vector512<float>.Zero), Vector512<float>.Zero, loss);
        }
        return Vector512.Sum(losses);
    }

    private static void BackwardSimd(
        SimdLaunch simd, Tensor probability, Tensor target, Tensor outputGradient, Tensor logitsGradient, float factor)
    {
        float* p = probability.Pointer, t = target.Pointer, g = outputGradient.Pointer, dx = logitsGradient.Pointer;
        int count = probability.Count;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            float scale = factor * *g;
            for (int i = begin; i < end; i += Lanes.Width)
                Lanes.StoreUpTo((Lanes.LoadUpTo(p + i, end - i) - Lanes.LoadUpTo(t + i, end - i)) * scale, dx + i, end - i);
        });
    }

    // A warp takes a row; its threads iterate over the elements three times: maximum, exponentials with their sum, quotients and loss. 12 bytes per element,
    // and two reads and a write from a cache.
    [SimtKernel(GroupSize = RowLayout.GroupSize)]
    private static void RowKernel(RowArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        int first = Grid.IdxX * a.Length;
        float largest = SoftmaxRows.Largest(shared, a.Logits, first, a.Length);
        float sum = SoftmaxRows.Exponentials(shared, a.Logits, a.Probability, first, a.Length, largest);
        float logarithm = Logarithm.Log(sum), losses = 0;
        for (int c = Group.IdxX; c < a.Length; c += Group.DimX)
        {
            a.Probability[first + c] /= sum;
            float weight = a.Target[first + c];
            float loss = weight * (logarithm - (a.Logits[first + c] - largest));
            losses += weight == 0f ? 0f : loss;
        }
        losses = GroupReduction.Sum(shared, losses);
        if (Group.IdxX == 0) a.Losses[Grid.IdxX] = losses;
    }

    // One group: a thread adds the rows i, i + group, …, then the group their sums. 4 bytes and 1 operation per row.
    [SimtKernel]
    private static void MeanKernel(MeanArguments a)
    {
        var shared = SharedMemory.Allocate<GroupReduction.Pair>(GroupReduction.SharedLength);
        double sum = 0;
        for (int row = Group.IdxX; row < a.Rows; row += Group.DimX) sum += a.Losses[row];
        float total = GroupReduction.Sum(shared, (float)(sum / a.Rows));
        if (Group.IdxX == 0) a.Loss[0] = total;
    }

    // Like QuadWalk; the scalar gradient comes from a cache. 12 bytes and 2 operations per element.
    [SimtKernel]
    private static void BackwardKernel(BackwardArguments a) =>
        QuadWalk.Map(a.Probability, a.Target, a.LogitsGradient, a.Count, new ScaledDifference(a.Factor * a.OutputGradient[0]));

    private readonly struct ScaledDifference(float factor) : IQuadOperation2
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => (a - b) * factor;
    }

    internal struct RowArguments
    {
        public ArrayView<float> Logits, Target, Probability, Losses;
        public int Length;
    }

    internal struct MeanArguments
    {
        public ArrayView<float> Losses, Loss;
        public int Rows;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> Probability, Target, OutputGradient, LogitsGradient;
        public float Factor;
        public int Count;
    }
}
