using Mmrr.Kernels;

namespace Mmrr.Ptx;

/// <summary>
/// Two benchmark operations that measure the machine's limits, with which a profile is compared: chains of multiply-adds that stay in registers, and a
/// triad that streams arrays from and to memory.
/// </summary>
public static unsafe partial class LimitProbe
{
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
        var grid = device.Grid(int.MaxValue);
        // A sum for each unit of a worker's work, or for each thread.
        int units = device.Kind == DeviceKind.Cpu ? UnitsAWorker * device.Workers : grid.GridDim.X * grid.GroupDim.X;
        double each = device.Kind == DeviceKind.Cpu ? Chains * VectorWidth : SimtChains * SimtLinks;
        using var sums = Tensor.Empty(device, new Shape(units));
        Kernel.Run(
            "LimitProbe.MultiplyAdds", [], [("sums", sums)],
            simd => MultiplyAddsSimd(simd, sums, steps),
            simt => simt.Run(grid, MultiplyAddKernel, new MultiplyAddArguments { Sums = sums.View, Factor = 0.5f, Addend = 1f, Steps = steps }),
            operations: 2.0 * units * steps * each, bytes: 0);
    }

    /// <summary>output = a + factor·b: 8 bytes read and 4 written per element, beyond the caches if the arrays are larger.</summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="factor">The factor of b.</param>
    /// <param name="output">The same shape; must not share memory with the inputs.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ, or buffers are shared.</exception>
    public static void Triad(Tensor a, Tensor b, float factor, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(a);
        Kernel.Run(
            "LimitProbe.Triad", [("a", a), ("b", b, a.Shape)], [("output", output, a.Shape)],
            simd => TriadSimd(simd, a, b, factor, output),
            simt => simt.Run(
                QuadWalk.Grid(a.Device, a.Count), TriadKernel,
                new TriadArguments { A = a.View, B = b.View, Output = output.View, Factor = factor, Count = a.Count }),
            operations: 2.0 * a.Count);
    }
}
