namespace Mmrr.Kernels;

/// <summary>
/// The noisy blend of the method: ẽ = e⊙m + ε⊙(1 − m) (the paper's equation 1). All tensors of a call have the same shape (any) and device. ε is
/// drawn, not computed, so it has no gradient. Memory-bound: 16 bytes per element forward, 24 backward.
/// </summary>
public static unsafe partial class NoiseBlend
{
    /// <summary>output = e⊙m + noise⊙(1 − m).</summary>
    /// <param name="e">The embedding.</param>
    /// <param name="m">The mask, in [0, 1]; 0 gives exactly the noise, 1 exactly the embedding.</param>
    /// <param name="noise">ε.</param>
    /// <param name="output">ẽ; may be one of the inputs.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Forward(Tensor e, Tensor m, Tensor noise, Tensor output)
    {
        const string Operation = "NoiseBlend.Forward";
        Check.Device(Operation, e, m, noise, output);
        Check.Shape(Operation, "m", m, e.Shape);
        Check.Shape(Operation, "noise", noise, e.Shape);
        Check.Shape(Operation, "output", output, e.Shape);
        var device = e.Device;
        using var measured = Measurement.Of(device, Operation, e.Shape, 4.0 * e.Count, 16.0 * e.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueForward(Operation, e, m, noise, output);
        else device.Simt.Launch(QuadWalk.Grid(device, e.Count), ForwardKernel, e.View, m.View, noise.View, output.View, e.Count);
    }

    /// <summary>eGradient = outputGradient⊙m, mGradient = outputGradient⊙(e − noise); either may be null.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Backward(Tensor e, Tensor m, Tensor noise, Tensor outputGradient, Tensor? eGradient, Tensor? mGradient)
    {
        const string Operation = "NoiseBlend.Backward";
        Check.Device(Operation, e, m, noise, outputGradient, eGradient, mGradient);
        Check.Shape(Operation, "m", m, e.Shape);
        Check.Shape(Operation, "noise", noise, e.Shape);
        Check.Shape(Operation, "outputGradient", outputGradient, e.Shape);
        if (eGradient is not null)
        {
            Check.Shape(Operation, "eGradient", eGradient, e.Shape);
            Check.NoAlias(Operation, eGradient, e, m, noise, outputGradient, mGradient);
        }
        if (mGradient is not null)
        {
            Check.Shape(Operation, "mGradient", mGradient, e.Shape);
            Check.NoAlias(Operation, mGradient, e, m, noise, outputGradient);
        }
        if (eGradient is null && mGradient is null) return;
        var device = e.Device;
        // g, and for each gradient an output; m for that of e, and e and the noise for that of m.
        double operations = (eGradient is null ? 0 : 1) + (mGradient is null ? 0 : 2), bytes = 4 + (eGradient is null ? 0 : 8) + (mGradient is null ? 0 : 12);
        using var measured = Measurement.Of(device, Operation, e.Shape, operations * e.Count, bytes * e.Count);
        if (device.Kind == DeviceKind.Cpu)
        {
            EnqueueBackward(Operation, e, m, noise, outputGradient, eGradient, mGradient);
        }
        else
        {
            // For an unwanted output, pass a view that the kernel does not access.
            var unused = outputGradient.View;
            device.Simt.Launch(
                QuadWalk.Grid(device, e.Count), BackwardKernel, e.View, m.View, noise.View, outputGradient.View,
                eGradient?.View ?? unused, mGradient?.View ?? unused, eGradient is null ? 0 : 1, mGradient is null ? 0 : 1, e.Count);
        }
    }
}
