using ILGPU;
using ILGPU.Algorithms;
using Mmrr.Autograd;
using Mmrr.Kernels;

namespace Mmrr.Samples;

/// <summary>
/// Softmax cross-entropy, −1/N Σₙ Σ_c t[n, c]·ln p[n, c] with p = softmax(logits); each row of t sums to 1. The gradient of the logits is (p − t)/N
/// times the output's, so that p is all that is kept.
/// </summary>
/// <param name="logits">[N, …, C].</param>
/// <param name="target">t, as the logits.</param>
internal sealed class CrossEntropy(Variable logits, Tensor target) : Operation([logits])
{
    private Tensor? _target;
    private Tensor? _probability;

    public override string Name => "CrossEntropy";

    protected override Tensor Forward()
    {
        var probability = EmptyLike(logits);
        var loss = Tensor.Empty(logits.Device, new Shape());
        CrossEntropyKernels.Forward(logits.Value, target, probability, loss);
        _target = Save(target);
        _probability = Save(probability);
        return loss;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var gradient = EmptyLike(logits);
        CrossEntropyKernels.Backward(_probability!, _target!, outputGradient, gradient);
        Propagate(logits, gradient);
    }
}

/// <summary>A row has few classes: a thread, or a worker, takes whole rows. The sum over the rows runs in a fixed order.</summary>
internal static class CrossEntropyKernels
{
    private const int GroupSize = 128;

    public static void Forward(Tensor logits, Tensor target, Tensor probability, Tensor loss)
    {
        if (!target.Shape.Equals(logits.Shape)) throw new ArgumentException($"CrossEntropy: target is {target.Shape}, expected {logits.Shape}");
        int classes = logits.Shape[logits.Shape.Rank - 1], rows = logits.Count / classes;
        using var losses = Tensor.Empty(logits.Device, new Shape(rows)); // [N]
        OwnKernel.Run(
            "CrossEntropy.Forward", [logits, target], [probability, losses, loss],
            (worker, inputs, outputs) =>
            {
                var (begin, end) = worker.Share(rows, 16);
                for (int row = begin; row < end; row++)
                {
                    var range = new Range(row * classes, (row + 1) * classes);
                    outputs[1][row] = Row(inputs[0][range], inputs[1][range], outputs[0][range]);
                }
                worker.Barrier();
                if (worker.Index != 0) return;
                double sum = 0;
                foreach (float value in outputs[1]) sum += value;
                outputs[2][0] = (float)(sum / rows);
            },
            (launch, inputs, outputs) =>
            {
                launch.Run(SimtGrid.Threads(rows), RowKernel, inputs[0], inputs[1], outputs[0], outputs[1], classes, rows);
                launch.Run(SimtGrid.Groups(1), MeanKernel, outputs[1], outputs[2], rows);
            });
    }

    public static void Backward(Tensor probability, Tensor target, Tensor outputGradient, Tensor gradient)
    {
        int classes = probability.Shape[probability.Shape.Rank - 1];
        float scale = (float)classes / probability.Count;
        OwnKernel.Run(
            "CrossEntropy.Backward", [probability, target, outputGradient], [gradient],
            (worker, inputs, outputs) =>
            {
                var (begin, end) = worker.Share(inputs[0].Length, 4096);
                for (int i = begin; i < end; i++) outputs[0][i] = (inputs[0][i] - inputs[1][i]) * scale * inputs[2][0];
            },
            (launch, inputs, outputs) =>
                launch.Run(SimtGrid.Threads(gradient.Count), BackwardKernel, inputs[0], inputs[1], inputs[2], outputs[0], scale, gradient.Count));
    }

    // p and −Σ t·ln p of one row: ln p = x − m − ln Σ exp(x − m), with the largest logit m.
    private static float Row(ReadOnlySpan<float> logits, ReadOnlySpan<float> target, Span<float> probability)
    {
        float largest = logits[0], sum = 0, loss = 0;
        foreach (float logit in logits) largest = MathF.Max(largest, logit);
        for (int c = 0; c < logits.Length; c++) sum += probability[c] = Exponential.Exp(logits[c] - largest);
        for (int c = 0; c < logits.Length; c++)
        {
            probability[c] /= sum;
            loss -= target[c] * (logits[c] - largest - MathF.Log(sum));
        }
        return loss;
    }

    // A thread takes the rows i, i + stride, …, and reads each three times, from a cache: 12 bytes and about 40 operations an element.
    [SimtKernel(GroupSize = GroupSize)]
    private static void RowKernel(
        ArrayView<float> logits, ArrayView<float> target, ArrayView<float> probability, ArrayView<float> losses, int classes, int rows)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int row = (Grid.IdxX * Group.DimX) + Group.IdxX; row < rows; row += stride)
        {
            int first = row * classes;
            float largest = logits[first], sum = 0, loss = 0;
            for (int c = 1; c < classes; c++) largest = logits[first + c] > largest ? logits[first + c] : largest;
            for (int c = 0; c < classes; c++)
            {
                float weight = Exponential.Exp(logits[first + c] - largest);
                probability[first + c] = weight;
                sum += weight;
            }
            float logarithm = XMath.Log(sum);
            for (int c = 0; c < classes; c++)
            {
                probability[first + c] /= sum;
                loss -= target[first + c] * (logits[first + c] - largest - logarithm);
            }
            losses[row] = loss;
        }
    }

    // One group: thread i sums the rows i, i + group, …, and thread 0 those sums.
    [SimtKernel(GroupSize = GroupSize)]
    private static void MeanKernel(ArrayView<float> losses, ArrayView<float> loss, int rows)
    {
        var sums = SharedMemory.Allocate<double>(GroupSize);
        double sum = 0;
        for (int row = Group.IdxX; row < rows; row += Group.DimX) sum += losses[row];
        sums[Group.IdxX] = sum;
        Group.Barrier();
        if (Group.IdxX > 0) return;
        for (int i = 1; i < Group.DimX; i++) sum += sums[i];
        loss[0] = (float)(sum / rows);
    }

    [SimtKernel(GroupSize = GroupSize)]
    private static void BackwardKernel(
        ArrayView<float> probability, ArrayView<float> target, ArrayView<float> outputGradient, ArrayView<float> gradient, float scale, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) gradient[i] = (probability[i] - target[i]) * scale * outputGradient[0];
    }
}
