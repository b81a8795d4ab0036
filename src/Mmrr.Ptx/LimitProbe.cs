using Mmrr.Kernels;

namespace Mmrr.Ptx;

/// <summary>
/// Two benchmark operations that measure the machine's limits, with which a profile is compared: chains of multiply-adds that stay in registers, and a
/// triad that streams arrays from and to memory.
/// </summary>
public static unsafe partial class LimitProbe
{
    private const string MultiplyAddsName = "LimitProbe.MultiplyAdds";

    /// <summary>
    /// Runs multiply-adds in independent chains on the whole device. Their number depends on the device; a <see cref="Profiler"/> records it.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="steps">Steps of each chain, at least 1: one multiply-add each on <c>cpu</c>, four elsewhere.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of steps is below 1.</exception>
    public static void MultiplyAdds(Device device, int steps)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        if (device.Kind == DeviceKind.Cpu) EnqueueMultiplyAdds(device, steps);
        else LaunchMultiplyAdds(device, steps);
    }

    /// <summary>output = a + factor·b: 8 bytes read and 4 written per element, beyond the caches if the arrays are larger.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="factor">The factor of b.</param>
    /// <param name="output">The same shape; must not share memory with the inputs.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, or buffers are shared.</exception>
    public static void Triad(Tensor a, Tensor b, float factor, Tensor output)
    {
        const string Operation = "LimitProbe.Triad";
        Check.Device(Operation, a, b, output);
        Check.Shape(Operation, "b", b, a.Shape);
        Check.Shape(Operation, "output", output, a.Shape);
        Check.NoAlias(Operation, output, a, b);
        var device = a.Device;
        using var measured = Measurement.Of(device, Operation, a.Shape, 2.0 * a.Count, 12.0 * a.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueTriad(Operation, a, b, factor, output);
        else device.Simt.Launch(QuadWalk.Grid(device, a.Count), TriadKernel, a.View, b.View, output.View, factor, a.Count);
    }
}
