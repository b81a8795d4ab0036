using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// What a transposed convolution needs beside <see cref="BackwardData"/>, which computes it: the shape of its result, a bias for each channel of the result,
/// and the gradient of the bias. Both passes over the result are memory-bound.
/// </content>
public static unsafe partial class Convolution
{
    /// <summary>
    /// The shape of the transposed convolution of x with the weight of a convolution from O to C channels, the data gradient of that convolution:
    /// [N, (H − 1)·stride + 1 + outputPadding, (W − 1)·stride + 1 + outputPadding, O].
    /// </summary>
    /// <param name="x">[N, H, W, C], the shape of that convolution's output.</param>
    /// <param name="weight">[K, K, O, C], K odd; the padding is K/2.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="outputPadding">
    /// Rows and columns added below and at the right, 0 to stride − 1: images of stride different sizes have a convolution's output of the same size.
    /// </param>
    /// <exception cref="ArgumentException">The shapes do not match, or the result is too large; the message states which.</exception>
    public static Shape TransposedShape(Shape x, Shape weight, int stride, int outputPadding)
    {
        const string Operation = "Convolution.TransposedShape";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        if (x.Rank != 4) throw new ArgumentException($"{Operation}: x has the shape {x}, expected [N, H, W, C]");
        if (weight.Rank != 4 || weight[0] != weight[1] || weight[0] % 2 == 0 || weight[3] != x[3])
            throw new ArgumentException($"{Operation}: the weight has the shape {weight}, expected [K, K, O, {x[3]}] with an odd K");
        if (stride < 1) throw new ArgumentException($"{Operation}: stride is {stride}, expected at least 1");
        if (outputPadding < 0 || outputPadding >= stride)
            throw new ArgumentException($"{Operation}: outputPadding is {outputPadding}, expected 0 to {stride - 1}, below the stride");
        long height = ((x[1] - 1L) * stride) + 1 + outputPadding, width = ((x[2] - 1L) * stride) + 1 + outputPadding;
        if ((double)x[0] * height * width * weight[2] > Shape.MaxCount)
        {
            throw new ArgumentException(
                $"{Operation}: the result would be [{x[0]}, {height}, {width}, {weight[2]}], expected at most {Shape.MaxCount} elements");
        }
        return new Shape(x[0], (int)height, (int)width, weight[2]);
    }

    /// <summary>output[n, i, j, c] = x[n, i, j, c] + bias[c].</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="output">[N, H, W, C]; may be x.</param>
    /// <exception cref="ArgumentException">Shapes or devices are invalid; the message states which.</exception>
    public static void AddBias(Tensor x, Tensor bias, Tensor output)
    {
        const string Operation = "Convolution.AddBias";
        Check.Rank(Operation, "x", x, 4, "[N, H, W, C]");
        int channels = x.Shape[3];
        Kernel.Run(
            Operation, [("x", x), ("bias", bias, new Shape(channels))], [("output", output, x.Shape)],
            simd => AddBiasSimd(simd, x, bias, output),
            simt => simt.Run(
                QuadWalk.Grid(x.Device, x.Count), AddBiasKernel,
                new AddBiasArguments { X = x.View, Bias = bias.View, Output = output.View, Count = x.Count, Channels = channels }),
            operations: x.Count, inPlace: true);
    }

    /// <summary>biasGradient[c] = Σ over images and pixels of outputGradient[n, i, j, c], in a fixed order.</summary>
    /// <param name="outputGradient">[N, H, W, C].</param>
    /// <param name="biasGradient">[C], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BiasGradient(Tensor outputGradient, Tensor biasGradient)
    {
        const string Operation = "Convolution.BiasGradient";
        Check.Rank(Operation, "outputGradient", outputGradient, 4, "[N, H, W, C]");
        var shape = outputGradient.Shape;
        Kernel.Run(
            Operation, [("outputGradient", outputGradient)], [("biasGradient", biasGradient, new Shape(shape[3]))],
            simd => BiasGradientSimd(simd, outputGradient, biasGradient),
            simt =>
            {
                var g = new Geometry(shape[0], shape[1], shape[2], shape[3], 1, 1, shape[1], shape[2], shape[3]);
                if (SuitsTiles(biasGradient.Device, g)) BiasTiles(simt, Operation, outputGradient, g, biasGradient);
                else BiasSplits(simt, Operation, outputGradient, g, biasGradient);
            },
            operations: outputGradient.Count);
    }

    // A worker adds the bias to whole pixels, vectors along the channels. 8 bytes and one operation per element.
    private static void AddBiasSimd(SimdLaunch simd, Tensor x, Tensor bias, Tensor output)
    {
        float* px = x.Pointer, pb = bias.Pointer, py = output.Pointer;
        int channels = bias.Count, pixels = x.Count / channels;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(pixels, Math.Max(1, Lanes.Grain / channels));
            for (int pixel = begin; pixel < end; pixel++)
            {
                float* from = px + ((nint)pixel * channels), to = py + ((nint)pixel * channels);
                int c = 0;
                for (; c <= channels - Lanes.Width; c += Lanes.Width) (Vector512.Load(from + c) + Vector512.Load(pb + c)).Store(to + c);
                for (; c < channels; c++) to[c] = from[c] + pb[c];
            }
        });
    }

    // A worker sums shares of the pixels, whose number depends on the shape only; then one worker adds the shares in order. 4 bytes and one addition per
    // element.
    private static void BiasGradientSimd(SimdLaunch simd, Tensor outputGradient, Tensor biasGradient)
    {
        int channels = biasGradient.Count, pixels = outputGradient.Count / channels, shares = Math.Min(MostShares, pixels);
        using var partial = Tensor.Empty(outputGradient.Device, Check.Intermediate("Convolution.BiasGradient", "its partial sums", shares, channels));
        float* pdy = outputGradient.Pointer, pp = partial.Pointer, pdb = biasGradient.Pointer;
        simd.Run(worker =>
        {
            while (worker.TryTake(shares, out int share))
            {
                int begin = (int)((long)pixels * share / shares), end = (int)((long)pixels * (share + 1) / shares);
                float* sums = pp + ((nint)share * channels);
                new Span<float>(sums, channels).Clear();
                FewChannels.Add(pdy + ((nint)begin * channels), end - begin, channels, sums);
            }
            worker.Barrier();
            if (worker.Index == 0) AddSplits(pp, shares, channels, pdb, channels);
        });
    }

    /// <summary>
    /// Thread: the quads (if the channels are not a multiple of four: the elements) q, q + grid, … of the images, each with the bias of its channels;
    /// neighbouring threads at neighbouring addresses, the bias from the caches. 8 bytes and one operation per element.
    /// </summary>
    [SimtKernel]
    private static void AddBiasKernel(AddBiasArguments a)
    {
        if ((a.Channels & 3) == 0)
        {
            ArrayView<Float4> x4 = a.X.Cast<Float4>(), bias4 = a.Bias.Cast<Float4>(), output4 = a.Output.Cast<Float4>();
            int quads = a.Channels / 4;
            for (int q = QuadWalk.Thread; q < a.Count / 4; q += QuadWalk.Threads) output4[q] = Float4.Add(x4[q], bias4[q % quads]);
        }
        else
        {
            for (int i = QuadWalk.Thread; i < a.Count; i += QuadWalk.Threads) a.Output[i] = a.X[i] + a.Bias[i % a.Channels];
        }
    }

    internal struct AddBiasArguments
    {
        public ArrayView<float> X; // [N, H, W, Channels]
        public ArrayView<float> Bias; // [Channels]
        public ArrayView<float> Output; // [N, H, W, Channels]
        public int Count, Channels;
    }
}
