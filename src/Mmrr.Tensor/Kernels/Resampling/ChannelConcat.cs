using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Concatenates images along the channels: a pixel of the output holds the pixels of the inputs in order. Memory-bound: 8 bytes per element.
/// </summary>
public static unsafe class ChannelConcat
{
    private const string ForwardName = "ChannelConcat.Forward";
    private const string BackwardName = "ChannelConcat.Backward";

    /// <summary>output[n, h, w, :] = inputs[0][n, h, w, :], inputs[1][n, h, w, :], …</summary>
    /// <param name="inputs">At least one, [N, H, W, Cₖ]; the same tensor may occur twice.</param>
    /// <param name="output">[N, H, W, Σ Cₖ].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or the output shares its buffer with an input.</exception>
    public static void Forward(IReadOnlyList<Tensor> inputs, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (var input in inputs) ArgumentNullException.ThrowIfNull(input, nameof(inputs));
        CheckParts(ForwardName, "inputs", inputs, "output", output);
        int channels = 0;
        foreach (var input in inputs) channels += input.Shape[3];
        if (channels != output.Shape[3])
        {
            throw new ArgumentException($"{ForwardName}: output is {output.Shape}, expected {channels} channels, the sum of those of the inputs");
        }
        Kernel.Run(
            ForwardName, Named("inputs", inputs), [("output", output)],
            simd => CopySimd(simd, output, inputs, skipped: 0, intoWhole: true),
            simt => CopySimt(simt, output, inputs, skipped: 0, JoinKernel));
    }

    /// <summary>Each input's gradient is its part of the channels.</summary>
    /// <param name="outputGradient">[N, H, W, Σ Cₖ].</param>
    /// <param name="inputGradients">
    /// One per input, [N, H, W, Cₖ], or null if not wanted; a single null can have any number of channels, several have equal numbers.
    /// </param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Backward(Tensor outputGradient, IReadOnlyList<Tensor?> inputGradients)
    {
        ArgumentNullException.ThrowIfNull(inputGradients);
        CheckParts(BackwardName, "inputGradients", inputGradients, "outputGradient", outputGradient);
        int skipped = SkippedChannels(outputGradient.Shape[3], inputGradients);
        var wanted = Named("inputGradients", inputGradients);
        if (wanted.Length == 0) return;
        Kernel.Run(
            BackwardName, [("outputGradient", outputGradient)], wanted,
            simd => CopySimd(simd, outputGradient, inputGradients, skipped, intoWhole: false),
            simt => CopySimt(simt, outputGradient, inputGradients, skipped, SplitKernel),
            // Of the whole, only what is wanted is read.
            bytes: 8.0 * inputGradients.Sum(gradient => (double)(gradient?.Count ?? 0)));
    }

    private static void CheckParts(string operation, string partsName, IReadOnlyList<Tensor?> parts, string wholeName, Tensor whole)
    {
        Check.Rank(operation, wholeName, whole, 4, "[N, H, W, C]");
        if (parts.Count == 0) throw new ArgumentException($"{operation}: {partsName} is empty, expected at least one");
        var shape = whole.Shape;
        for (int k = 0; k < parts.Count; k++)
        {
            if (parts[k] is not { } part) continue;
            if (part.Shape.Rank != 4 || part.Shape[0] != shape[0] || part.Shape[1] != shape[1] || part.Shape[2] != shape[2])
            {
                throw new ArgumentException($"{operation}: {partsName}[{k}] is {part.Shape}, expected [{shape[0]}, {shape[1]}, {shape[2]}, C]");
            }
        }
    }

    /// <summary>The parts that are there, as arguments.</summary>
    private static Argument[] Named(string name, IReadOnlyList<Tensor?> parts) => [.. parts.OfType<Tensor>().Select(part => Argument.Of(name, part))];

    /// <summary>The channels of each unwanted gradient: the remaining channels, in equal parts.</summary>
    private static int SkippedChannels(int channels, IReadOnlyList<Tensor?> gradients)
    {
        int wanted = 0, skipped = 0;
        foreach (var gradient in gradients)
        {
            if (gradient is null) skipped++;
            else wanted += gradient.Shape[3];
        }
        int left = channels - wanted;
        if (left < skipped || (skipped == 0 ? left != 0 : left % skipped != 0))
        {
            throw new ArgumentException(
                $"{BackwardName}: inputGradients have {wanted} channels and {skipped} are left out, which does not match the {channels} of outputGradient");
        }
        return skipped == 0 ? 0 : left / skipped;
    }

    /// <summary>
    /// Copies the parts into the whole or back, in blocks of pixels, so that the whole stays in cache for all parts. A part that is not there has as many
    /// channels as <paramref name="skipped"/> tells.
    /// </summary>
    private static void CopySimd(SimdLaunch simd, Tensor whole, IReadOnlyList<Tensor?> parts, int skipped, bool intoWhole)
    {
        const int PixelBlock = 64;
        float* joined = whole.Pointer;
        int channels = whole.Shape[3], pixels = whole.Count / channels;
        var sources = new (nint Pointer, int Channels)[parts.Count];
        for (int k = 0; k < sources.Length; k++) sources[k] = parts[k] is { } part ? ((nint)part.Pointer, part.Shape[3]) : (0, skipped);
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(pixels, PixelBlock);
            for (int block = begin; block < end; block += PixelBlock)
            {
                int count = Math.Min(PixelBlock, end - block);
                float* wide = joined + ((long)block * channels);
                foreach (var (pointer, width) in sources)
                {
                    if (pointer != 0) Copy((float*)pointer + ((long)block * width), width, wide, channels, count, intoWhole);
                    wide += width;
                }
            }
        });
    }

    // With every size in a local: those that a closure captured are read again after each store.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(float* part, int width, float* whole, int channels, int pixels, bool intoWhole)
    {
        for (int pixel = 0; pixel < pixels; pixel++, part += width, whole += channels)
        {
            float* from = intoWhole ? part : whole, to = intoWhole ? whole : part;
            int c = 0;
            for (; c <= width - Lanes.Width; c += Lanes.Width) Vector512.Load(from + c).Store(to + c);
            for (; c < width; c++) to[c] = from[c];
        }
    }

    /// <summary>Launches the kernel for each part that is there.</summary>
    private static void CopySimt(SimtLaunch simt, Tensor whole, IReadOnlyList<Tensor?> parts, int skipped, Action<Arguments> kernel)
    {
        int offset = 0;
        foreach (var part in parts)
        {
            if (part is null)
            {
                offset += skipped;
                continue;
            }
            int channels = part.Shape[3];
            simt.Run(
                QuadWalk.Grid(part.Device, part.Count), kernel,
                new Arguments
                {
                    Part = part.View,
                    Whole = whole.View,
                    PartChannels = channels,
                    Channels = whole.Shape[3],
                    Offset = offset,
                    Count = part.Count,
                });
            offset += channels;
        }
    }

    // A thread takes the quads (if the part's channels, all channels or the offset are not a multiple of four: the elements) i, i + grid, … of one input
    // and copies each to its place in the output; neighbours stay neighbours along the channels. 8 bytes per element, one integer division per quad.
    [SimtKernel]
    private static void JoinKernel(Arguments a)
    {
        if (((a.PartChannels | a.Channels | a.Offset) & 3) == 0)
            Copy(a.Part.Cast<Float4>(), a.Whole.Cast<Float4>(), a.PartChannels / 4, a.Channels / 4, a.Offset / 4, a.Count / 4, true);
        else
            Copy(a.Part, a.Whole, a.PartChannels, a.Channels, a.Offset, a.Count, true);
    }

    // The same loop in the other direction.
    [SimtKernel]
    private static void SplitKernel(Arguments a)
    {
        if (((a.PartChannels | a.Channels | a.Offset) & 3) == 0)
            Copy(a.Part.Cast<Float4>(), a.Whole.Cast<Float4>(), a.PartChannels / 4, a.Channels / 4, a.Offset / 4, a.Count / 4, false);
        else
            Copy(a.Part, a.Whole, a.PartChannels, a.Channels, a.Offset, a.Count, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<T>(ArrayView<T> part, ArrayView<T> whole, int partChannels, int channels, int offset, int count, bool intoWhole)
        where T : unmanaged
    {
        int stride = QuadWalk.Threads;
        for (int i = QuadWalk.Thread; i < count; i += stride)
        {
            int pixel = i / partChannels, place = (pixel * channels) + offset + (i - (pixel * partChannels));
            if (intoWhole) whole[place] = part[i];
            else part[i] = whole[place];
        }
    }

    /// <summary>A part, the whole, the channels of both, the first channel of the part in the whole, and the number of elements of the part.</summary>
    internal struct Arguments
    {
        public ArrayView<float> Part, Whole; // [N, H, W, PartChannels], [N, H, W, Channels]
        public int PartChannels, Channels, Offset, Count;
    }
}
