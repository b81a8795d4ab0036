namespace Mmrr.Kernels;

/// <summary>
/// Concatenates images along the channels: a pixel of the output holds the pixels of the inputs in order. Memory-bound: 8 bytes per element.
/// </summary>
public static unsafe partial class ChannelConcat
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
        CheckParts(ForwardName, "inputs", inputs, "output", output);
        int channels = 0;
        foreach (var input in inputs) channels += input.Shape[3];
        if (channels != output.Shape[3])
        {
            throw new ArgumentException($"{ForwardName}: output is {output.Shape}, expected {channels} channels, the sum of those of the inputs");
        }
        using var measured = Measurement.Of(output.Device, ForwardName, output.Shape, 0, 8.0 * output.Count);
        if (output.Device.Kind == DeviceKind.Cpu)
        {
            EnqueueCopies(ForwardName, output, inputs, intoWhole: true);
            return;
        }
        int offset = 0;
        foreach (var input in inputs)
        {
            output.Device.Simt.Launch(
                QuadWalk.Grid(output.Device, input.Count), JoinKernel, input.View, output.View, input.Shape[3], channels, offset, input.Count);
            offset += input.Shape[3];
        }
    }

    /// <summary>Each input's gradient is its part of the channels.</summary>
    /// <param name="outputGradient">[N, H, W, Σ Cₖ].</param>
    /// <param name="inputGradients">
    /// One per input, [N, H, W, Cₖ], or null if not wanted; a single null can have any number of channels, several have equal numbers.
    /// </param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Backward(Tensor outputGradient, IReadOnlyList<Tensor?> inputGradients)
    {
        ArgumentNullException.ThrowIfNull(outputGradient);
        ArgumentNullException.ThrowIfNull(inputGradients);
        CheckParts(BackwardName, "inputGradients", inputGradients, "outputGradient", outputGradient);
        int channels = outputGradient.Shape[3], skipped = SkippedChannels(channels, inputGradients);
        for (int k = 1; k < inputGradients.Count; k++)
        {
            if (inputGradients[k] is not { } gradient) continue;
            for (int other = 0; other < k; other++) Check.NoAlias(BackwardName, gradient, inputGradients[other]);
        }
        using var measured = Measurement.Of(
            outputGradient.Device, BackwardName, outputGradient.Shape, 0, 8.0 * inputGradients.Sum(g => (double)(g?.Count ?? 0)));
        if (outputGradient.Device.Kind == DeviceKind.Cpu)
        {
            EnqueueCopies(BackwardName, outputGradient, inputGradients, intoWhole: false, skipped);
            return;
        }
        int offset = 0;
        foreach (var gradient in inputGradients)
        {
            if (gradient is not null)
            {
                gradient.Device.Simt.Launch(
                    QuadWalk.Grid(gradient.Device, gradient.Count), SplitKernel, outputGradient.View, gradient.View,
                    gradient.Shape[3], channels, offset, gradient.Count);
            }
            offset += gradient is null ? skipped : gradient.Shape[3];
        }
    }

    private static void CheckParts(string operation, string partsName, IReadOnlyList<Tensor?> parts, string wholeName, Tensor whole)
    {
        Check.Rank(operation, wholeName, whole, 4, "[N, H, W, C]");
        if (parts.Count == 0) throw new ArgumentException($"{operation}: {partsName} is empty, expected at least one");
        var shape = whole.Shape;
        for (int k = 0; k < parts.Count; k++)
        {
            if (parts[k] is not { } part) continue;
            Check.Device(operation, whole, part);
            Check.NoAlias(operation, whole, part);
            if (part.Shape.Rank != 4 || part.Shape[0] != shape[0] || part.Shape[1] != shape[1] || part.Shape[2] != shape[2])
            {
                throw new ArgumentException($"{operation}: {partsName}[{k}] is {part.Shape}, expected [{shape[0]}, {shape[1]}, {shape[2]}, C]");
            }
        }
    }

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
}
