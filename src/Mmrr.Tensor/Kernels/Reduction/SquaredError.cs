namespace Mmrr.Kernels;

/// <summary>
/// The squared error (prediction − target)² averaged over everything (the losses, the paper's equations 3 and 4), over each image (image scores) or over
/// the channels of each pixel (score maps). Sums run over a partition that depends only on the shape, in float32 within pieces of 4096 elements and in
/// float64 over them, so that results are bit-identical with any number of threads and an image's result does not depend on its batch. Reads 8 bytes per
/// element.
/// </summary>
public static unsafe partial class SquaredError
{
    /// <summary>The mean over all elements.</summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">A scalar.</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Mean(Tensor prediction, Tensor target, Tensor output)
    {
        const string Operation = "SquaredError.Mean";
        Check.Device(Operation, prediction, target, output);
        Check.Shape(Operation, "target", target, prediction.Shape);
        Check.Shape(Operation, "output", output);
        Check.NoAlias(Operation, output, prediction, target);
        using var measured = Measurement.Of(prediction.Device, Operation, prediction.Shape, 3.0 * prediction.Count, 8.0 * prediction.Count);
        if (prediction.Device.Kind == DeviceKind.Cpu) EnqueueMean(Operation, prediction, target, output);
        else RangeSums.Launch(RangeKernel, prediction, target, 1, 1f / prediction.Count, output);
    }

    /// <summary>predictionGradient = 2/n·(prediction − target)·outputGradient, with n the number of elements.</summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="outputGradient">A scalar.</param>
    /// <param name="predictionGradient">The shape of prediction.</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void MeanBackward(Tensor prediction, Tensor target, Tensor outputGradient, Tensor predictionGradient)
    {
        const string Operation = "SquaredError.MeanBackward";
        Check.Device(Operation, prediction, target, outputGradient, predictionGradient);
        Check.Shape(Operation, "target", target, prediction.Shape);
        Check.Shape(Operation, "outputGradient", outputGradient);
        Check.Shape(Operation, "predictionGradient", predictionGradient, prediction.Shape);
        Check.NoAlias(Operation, predictionGradient, prediction, target, outputGradient);
        var device = prediction.Device;
        int count = prediction.Count;
        using var measured = Measurement.Of(device, Operation, prediction.Shape, 2.0 * count, 12.0 * count);
        if (device.Kind == DeviceKind.Cpu) EnqueueMeanBackward(Operation, prediction, target, outputGradient, predictionGradient);
        else device.Simt.Launch(
            QuadWalk.Grid(device, count), MeanBackwardKernel, prediction.View, target.View, outputGradient.View, predictionGradient.View, 2f / count, count);
    }

    /// <summary>The mean over each image.</summary>
    /// <param name="prediction">[N, …].</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">[N].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void PerImage(Tensor prediction, Tensor target, Tensor output)
    {
        const string Operation = "SquaredError.PerImage";
        Check.Device(Operation, prediction, target, output);
        if (prediction.Shape.Rank < 2) throw new ArgumentException($"{Operation}: prediction is {prediction.Shape}, expected [N, H, W, C]");
        Check.Shape(Operation, "target", target, prediction.Shape);
        int images = prediction.Shape[0], length = prediction.Count / images;
        Check.Shape(Operation, "output", output, images);
        Check.NoAlias(Operation, output, prediction, target);
        var device = prediction.Device;
        using var measured = Measurement.Of(device, Operation, prediction.Shape, 3.0 * prediction.Count, 8.0 * prediction.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueuePerImage(Operation, prediction, target, output);
        else RangeSums.Launch(RangeKernel, prediction, target, images, 1f / length, output);
    }

    /// <summary>The mean over the channels of each pixel.</summary>
    /// <param name="prediction">[N, H, W, C].</param>
    /// <param name="target">The same shape.</param>
    /// <param name="output">[N, H, W].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void PerPixel(Tensor prediction, Tensor target, Tensor output)
    {
        const string Operation = "SquaredError.PerPixel";
        Check.Device(Operation, prediction, target, output);
        Check.Rank(Operation, "prediction", prediction, 4, "[N, H, W, C]");
        Check.Shape(Operation, "target", target, prediction.Shape);
        var shape = prediction.Shape;
        Check.Shape(Operation, "output", output, shape[0], shape[1], shape[2]);
        Check.NoAlias(Operation, output, prediction, target);
        var device = prediction.Device;
        using var measured = Measurement.Of(device, Operation, shape, 3.0 * prediction.Count, (8.0 * prediction.Count) + (4.0 * output.Count));
        if (device.Kind == DeviceKind.Cpu) EnqueuePerPixel(Operation, prediction, target, output);
        else device.Simt.Launch(device.Grid(output.Count), PerPixelKernel, prediction.View, target.View, output.View, shape[3], output.Count);
    }
}
