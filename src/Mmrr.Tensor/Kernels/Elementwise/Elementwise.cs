using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Element-wise operations. All tensors of a call have the same shape (any) and device; an output may be one of the inputs (in place). All are
/// memory-bound: per element, 4 bytes read for each input and 4 written for the output.
/// </summary>
public static partial class Elementwise
{
    /// <summary>output = f(x).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Forward<TFunction>(Tensor x, Tensor output, TFunction function = default)
        where TFunction : struct, IUnaryFunction
    {
        ArgumentNullException.ThrowIfNull(x);
        var traits = TFunction.Traits;
        Kernel.Run(
            traits.Forward, [("x", x)], [("output", output, x.Shape)],
            simd => Map(simd, x, output, new ValueOf<TFunction>(function)),
            simt => simt.Run(
                QuadWalk.Grid(x.Device, x.Count), ForwardKernel,
                new UnaryArguments<TFunction> { X = x.View, Output = output.View, Function = function, Count = x.Count }),
            operations: traits.Operations * x.Count, inPlace: true);
    }

    /// <summary>inputGradient = outputGradient·f′.</summary>
    /// <param name="kept">x or y, whichever <see cref="UnaryTraits.Kept"/> tells; any tensor of the shape if nothing is kept.</param>
    /// <param name="outputGradient">Shaped like <paramref name="kept"/>.</param>
    /// <param name="inputGradient">Shaped like <paramref name="kept"/>.</param>
    /// <param name="function">f.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Backward<TFunction>(Tensor kept, Tensor outputGradient, Tensor inputGradient, TFunction function = default)
        where TFunction : struct, IUnaryFunction
    {
        ArgumentNullException.ThrowIfNull(kept);
        var traits = TFunction.Traits;
        Kernel.Run(
            traits.Backward, [("kept", kept), ("outputGradient", outputGradient, kept.Shape)], [("inputGradient", inputGradient, kept.Shape)],
            simd => Map(simd, kept, outputGradient, inputGradient, new GradientOf<TFunction>(function)),
            simt => simt.Run(
                QuadWalk.Grid(kept.Device, kept.Count), BackwardKernel,
                new GradientArguments<TFunction>
                {
                    Kept = kept.View,
                    OutputGradient = outputGradient.View,
                    InputGradient = inputGradient.View,
                    Function = function,
                    Count = kept.Count,
                }),
            operations: traits.GradientOperations * kept.Count, inPlace: true);
    }

    /// <summary>output = f(a, b).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Forward<TFunction>(Tensor a, Tensor b, Tensor output, TFunction function = default)
        where TFunction : struct, IBinaryFunction
    {
        ArgumentNullException.ThrowIfNull(a);
        var traits = TFunction.Traits;
        Kernel.Run(
            traits.Forward, [("a", a), ("b", b, a.Shape)], [("output", output, a.Shape)],
            simd => Map(simd, a, b, output, new BinaryOf<TFunction>(function)),
            simt => ForwardSimt(simt, a, b, output, function),
            operations: traits.Operations * a.Count, inPlace: true);
    }

    internal static void ForwardSimt<TFunction>(SimtLaunch simt, Tensor a, Tensor b, Tensor output, TFunction function)
        where TFunction : struct, IBinaryFunction => simt.Run(
            QuadWalk.Grid(a.Device, a.Count), BinaryKernel,
            new BinaryArguments<TFunction> { A = a.View, B = b.View, Output = output.View, Function = function, Count = a.Count });

    /// <summary>output = a + b.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Add(Tensor a, Tensor b, Tensor output) => Forward<Sum>(a, b, output);

    /// <summary>output = a·b.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Multiply(Tensor a, Tensor b, Tensor output) => Forward<Product>(a, b, output);

    /// <summary>output = factor·x.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Scale(Tensor x, float factor, Tensor output) => Forward(x, output, new Scaling(factor));

    /// <summary>Sets every element to <paramref name="value"/>.</summary>
    public static unsafe void Fill(float value, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int count = output.Count;
        Kernel.Run(
            "Elementwise.Fill", [], [("output", output)],
            simd =>
            {
                float* y = output.Pointer;
                simd.Run(worker =>
                {
                    var (begin, end) = worker.Share(count, Lanes.Grain);
                    new Span<float>(y + begin, end - begin).Fill(value);
                });
            },
            simt => simt.Run(
                QuadWalk.Grid(output.Device, count), FillKernel, new FillArguments { Output = output.View, Value = value, Count = count }));
    }

    // The kernels iterate like QuadWalk: 16-byte loads and stores of neighbouring addresses. f(x): 8 bytes per element.
    [SimtKernel]
    private static void ForwardKernel<TFunction>(UnaryArguments<TFunction> a)
        where TFunction : struct, IUnaryFunction =>
        QuadWalk.Map(a.X, a.Output, a.Count, new ValueOf<TFunction>(a.Function));

    // g·f′: 12 bytes per element.
    [SimtKernel]
    private static void BackwardKernel<TFunction>(GradientArguments<TFunction> a)
        where TFunction : struct, IUnaryFunction =>
        QuadWalk.Map(a.Kept, a.OutputGradient, a.InputGradient, a.Count, new GradientOf<TFunction>(a.Function));

    // f(a, b): 12 bytes per element.
    [SimtKernel]
    private static void BinaryKernel<TFunction>(BinaryArguments<TFunction> a)
        where TFunction : struct, IBinaryFunction =>
        QuadWalk.Map(a.A, a.B, a.Output, a.Count, new BinaryOf<TFunction>(a.Function));

    // A constant: 4 bytes per element.
    [SimtKernel]
    private static void FillKernel(FillArguments a)
    {
        var output4 = a.Output.Cast<Float4>();
        int thread = QuadWalk.Thread, stride = QuadWalk.Threads, quads = a.Count / 4;
        var values = Float4.Of(a.Value);
        for (int q = thread; q < quads; q += stride) output4[q] = values;
        int rest = (4 * quads) + thread;
        if (rest < a.Count) a.Output[rest] = a.Value;
    }

    internal struct UnaryArguments<TFunction>
    {
        public ArrayView<float> X, Output;
        public TFunction Function;
        public int Count;
    }

    internal struct GradientArguments<TFunction>
    {
        public ArrayView<float> Kept, OutputGradient, InputGradient;
        public TFunction Function;
        public int Count;
    }

    internal struct BinaryArguments<TFunction>
    {
        public ArrayView<float> A, B, Output;
        public TFunction Function;
        public int Count;
    }

    internal struct FillArguments
    {
        public ArrayView<float> Output;
        public float Value;
        public int Count;
    }
}
