namespace Mmrr.Kernels;

/// <summary>Repeats every image of a batch, one copy for each masking level. Memory-bound: 4 bytes read and 4·times written per element.</summary>
public static unsafe partial class RepeatImages
{
    /// <summary>output[n·times + l] = x[n].</summary>
    /// <param name="x">[N, …].</param>
    /// <param name="times">Number of copies, at least 1.</param>
    /// <param name="output">[N·times, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Forward(Tensor x, int times, Tensor output)
    {
        const string Operation = "RepeatImages.Forward";
        var device = CheckPair(Operation, "x", x, times, "output", output);
        using var measured = Measurement.Of(device, Operation, output.Shape, 0, 4.0 * ((double)x.Count + output.Count));
        if (device.Kind == DeviceKind.Cpu) EnqueueForward(Operation, x, times, output);
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), ForwardKernel, x.View, output.View, x.Count / x.Shape[0], times, x.Count);
    }

    /// <summary>inputGradient[n] = Σₗ outputGradient[n·times + l], in the order of l.</summary>
    /// <param name="outputGradient">[N·times, …].</param>
    /// <param name="times">Number of copies, at least 1.</param>
    /// <param name="inputGradient">[N, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Backward(Tensor outputGradient, int times, Tensor inputGradient)
    {
        const string Operation = "RepeatImages.Backward";
        var device = CheckPair(Operation, "inputGradient", inputGradient, times, "outputGradient", outputGradient);
        int count = inputGradient.Count;
        using var measured = Measurement.Of(
            device, Operation, outputGradient.Shape, (double)outputGradient.Count - count, 4.0 * ((double)outputGradient.Count + count));
        if (device.Kind == DeviceKind.Cpu) EnqueueBackward(Operation, outputGradient, times, inputGradient);
        else device.Simt.Launch(
            QuadWalk.Grid(device, count), BackwardKernel, outputGradient.View, inputGradient.View, count / inputGradient.Shape[0], times, count);
    }

    private static Device CheckPair(string operation, string oneName, Tensor one, int times, string manyName, Tensor many)
    {
        Check.Device(operation, one, many);
        if (times < 1) throw new ArgumentException($"{operation}: times is {times}, expected at least 1");
        if (one.Shape.Rank < 1) throw new ArgumentException($"{operation}: {oneName} is {one.Shape}, expected [N, …]");
        Check.Rows(operation, manyName, many, (long)one.Shape[0] * times, one.Shape);
        Check.NoAlias(operation, many, one);
        return one.Device;
    }
}
