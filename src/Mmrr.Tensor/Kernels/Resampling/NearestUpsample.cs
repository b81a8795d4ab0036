namespace Mmrr.Kernels;

/// <summary>Enlarges images by two in height and width; each pixel becomes four. Memory-bound: 20 bytes per element of the small image.</summary>
public static unsafe partial class NearestUpsample
{
    /// <summary>output[n, y, x, c] = x[n, y/2, x/2, c].</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="output">[N, 2H, 2W, C].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid.</exception>
    public static void Forward(Tensor x, Tensor output)
    {
        const string Operation = "NearestUpsample.Forward";
        var device = CheckPair(Operation, "x", x, "output", output);
        using var measured = Measurement.Of(device, Operation, output.Shape, 0, 20.0 * x.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueForward(Operation, x, output);
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), ForwardKernel, x.View, output.View, x.Shape[2], x.Shape[3], x.Count);
    }

    /// <summary>Each pixel's gradient is the sum of those of its four copies.</summary>
    /// <param name="outputGradient">[N, 2H, 2W, C].</param>
    /// <param name="inputGradient">[N, H, W, C].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid.</exception>
    public static void Backward(Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "NearestUpsample.Backward";
        var device = CheckPair(Operation, "inputGradient", inputGradient, "outputGradient", outputGradient);
        var shape = inputGradient.Shape;
        using var measured = Measurement.Of(device, Operation, outputGradient.Shape, 3.0 * inputGradient.Count, 20.0 * inputGradient.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueBackward(Operation, outputGradient, inputGradient);
        else device.Simt.Launch(
            QuadWalk.Grid(device, inputGradient.Count), BackwardKernel, outputGradient.View, inputGradient.View, shape[2], shape[3], inputGradient.Count);
    }

    private static Device CheckPair(string operation, string smallName, Tensor small, string largeName, Tensor large)
    {
        Check.Device(operation, small, large);
        Check.Rank(operation, smallName, small, 4, "[N, H, W, C]");
        var shape = small.Shape;
        Check.Shape(operation, largeName, large, shape[0], 2 * shape[1], 2 * shape[2], shape[3]);
        return small.Device;
    }
}
