using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>Repeats every image of a batch, one copy for each masking level. Memory-bound: 4 bytes read and 4·times written per element.</summary>
public static unsafe class RepeatImages
{
    /// <summary>output[n·times + l] = x[n].</summary>
    /// <param name="x">[N, …].</param>
    /// <param name="times">Number of copies, at least 1.</param>
    /// <param name="output">[N·times, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Forward(Tensor x, int times, Tensor output)
    {
        const string Operation = "RepeatImages.Forward";
        CheckPair(Operation, "x", x, times, "output", output);
        Kernel.Run(
            Operation, [("x", x)], [("output", output)],
            simd => ForwardSimd(simd, x, times, output),
            simt => simt.Run(QuadWalk.Grid(x.Device, x.Count), ForwardKernel, Arguments.Of(x, times, output)));
    }

    /// <summary>inputGradient[n] = Σₗ outputGradient[n·times + l], in the order of l.</summary>
    /// <param name="outputGradient">[N·times, …].</param>
    /// <param name="times">Number of copies, at least 1.</param>
    /// <param name="inputGradient">[N, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Backward(Tensor outputGradient, int times, Tensor inputGradient)
    {
        const string Operation = "RepeatImages.Backward";
        CheckPair(Operation, "inputGradient", inputGradient, times, "outputGradient", outputGradient);
        Kernel.Run(
            Operation, [("outputGradient", outputGradient)], [("inputGradient", inputGradient)],
            simd => BackwardSimd(simd, outputGradient, times, inputGradient),
            simt => simt.Run(
                QuadWalk.Grid(inputGradient.Device, inputGradient.Count), BackwardKernel, Arguments.Of(inputGradient, times, outputGradient)),
            operations: (double)outputGradient.Count - inputGradient.Count);
    }

    private static void CheckPair(string operation, string oneName, Tensor one, int times, string manyName, Tensor many)
    {
        ArgumentNullException.ThrowIfNull(one, oneName);
        if (times < 1) throw new ArgumentException($"{operation}: times is {times}, expected at least 1");
        if (one.Shape.Rank < 1) throw new ArgumentException($"{operation}: {oneName} is {one.Shape}, expected [N, …]");
        Check.Rows(operation, manyName, many, (long)one.Shape[0] * times, one.Shape);
    }

    private static void ForwardSimd(SimdLaunch simd, Tensor input, int times, Tensor output)
    {
        float* x = input.Pointer, y = output.Pointer;
        int length = input.Count / input.Shape[0], pieces = (length + Lanes.Grain - 1) / Lanes.Grain, units = pieces * input.Shape[0];
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(units, 1);
            for (int unit = begin; unit < end; unit++)
            {
                int image = unit / pieces, first = (unit - (image * pieces)) * Lanes.Grain;
                var source = new ReadOnlySpan<float>(x + ((long)image * length) + first, Math.Min(Lanes.Grain, length - first));
                float* target = y + ((long)image * times * length) + first;
                for (int l = 0; l < times; l++, target += length) source.CopyTo(new Span<float>(target, source.Length));
            }
        });
    }

    private static void BackwardSimd(SimdLaunch simd, Tensor outputGradient, int times, Tensor inputGradient)
    {
        float* g = outputGradient.Pointer, dx = inputGradient.Pointer;
        int images = inputGradient.Shape[0], length = inputGradient.Count / images, pieces = (length + Lanes.Grain - 1) / Lanes.Grain;
        int units = pieces * images;
        simd.Run(worker =>
        {
            // A piece of the sum stays in the L1 cache while the copies are streamed.
            var (begin, end) = worker.Share(units, 1);
            for (int unit = begin; unit < end; unit++)
            {
                int image = unit / pieces, first = (unit - (image * pieces)) * Lanes.Grain, count = Math.Min(Lanes.Grain, length - first);
                float* target = dx + ((long)image * length) + first, source = g + ((long)image * times * length) + first;
                new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));
                for (int l = 1; l < times; l++)
                {
                    source += length;
                    int i = 0;
                    for (; i <= count - Lanes.Width; i += Lanes.Width) (Vector512.Load(target + i) + Vector512.Load(source + i)).Store(target + i);
                    for (; i < count; i++) target[i] += source[i];
                }
            }
        });
    }

    // A thread takes the quads (if an image's size is not a multiple of four: the elements) i, i + grid, … of the batch, reads each once and writes all its
    // copies; neighbouring threads store to neighbouring addresses. 4 + 4·times bytes per element.
    [SimtKernel]
    private static void ForwardKernel(Arguments a)
    {
        if ((a.Length & 3) == 0) Copy(a.One.Cast<Float4>(), a.Many.Cast<Float4>(), a.Length / 4, a.Times, a.Count / 4);
        else Copy(a.One, a.Many, a.Length, a.Times, a.Count);
    }

    // The same loop: a thread adds the gradients of its quad's copies in order. 4 + 4·times bytes and times operations per element.
    [SimtKernel]
    private static void BackwardKernel(Arguments a)
    {
        if ((a.Length & 3) == 0) Add(a.Many.Cast<Float4>(), a.One.Cast<Float4>(), a.Length / 4, a.Times, a.Count / 4);
        else Add(a.Many.Cast<Float1>(), a.One.Cast<Float1>(), a.Length, a.Times, a.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> x, ArrayView<T> output, int length, int times, int count)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int image = i / length, target = (image * times * length) + (i - (image * length));
            var value = x[i];
            for (int l = 0; l < times; l++) output[target + (l * length)] = value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(ArrayView<T> outputGradient, ArrayView<T> inputGradient, int length, int times, int count)
        where T : unmanaged, IFloats<T>
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int image = i / length, source = (image * times * length) + (i - (image * length));
            var sum = outputGradient[source];
            for (int l = 1; l < times; l++) sum = sum.Plus(outputGradient[source + (l * length)]);
            inputGradient[i] = sum;
        }
    }

    /// <summary>Images, their copies, the number of elements of an image, how often each is repeated, and the number of elements of all.</summary>
    internal struct Arguments
    {
        public ArrayView<float> One, Many; // [N, …], [N·Times, …]
        public int Length, Times, Count;

        public static Arguments Of(Tensor one, int times, Tensor many) => new()
        {
            One = one.View,
            Many = many.View,
            Length = one.Count / one.Shape[0],
            Times = times,
            Count = one.Count,
        };
    }
}
