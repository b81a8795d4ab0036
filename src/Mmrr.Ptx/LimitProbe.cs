using Mmrr.Kernels;

namespace Mmrr.Ptx;

/// <summary>
/// Two benchmark operations that measure the machine's limits, with which a profile is compared: chains of multiply-adds that stay in registers, and a
/// triad that reads and writes arrays in memory, or in the cache that holds them.
/// </summary>
public static unsafe partial class LimitProbe
{
    // Workers take units dynamically, so that a worker that loses its core does not delay the others for long.
    private const int UnitsAWorker = 16;

    /// <summary>Elements of which a worker's part of <see cref="Triad"/> is a multiple.</summary>
    public const int TriadGrain = 64;

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
        double each = device.Kind == DeviceKind.Cpu ? SimdProbe.Widest.StepMultiplyAdds : SimtChains * SimtLinks;
        using var sums = Tensor.Empty(device, new Shape(units));
        Kernel.Run(
            "LimitProbe.MultiplyAdds", [], [("sums", sums)],
            simd => MultiplyAddsSimd(simd, sums, steps),
            simt => simt.Run(grid, MultiplyAddKernel, new MultiplyAddArguments { Sums = sums.View, Factor = 0.5f, Addend = 1f, Steps = steps }),
            operations: 2.0 * units * steps * each, bytes: 0);
    }

    /// <summary>
    /// output = a + factor·b: 8 bytes read and 4 written per element and pass. Where output is b, that is also what is moved; otherwise <c>cpu</c> reads the
    /// output's lines before it overwrites them.
    /// </summary>
    /// <param name="a">Any shape.</param>
    /// <param name="b">The same shape.</param>
    /// <param name="factor">The factor of b.</param>
    /// <param name="output">The same shape; may be an input.</param>
    /// <param name="passes">
    /// How often it is computed, at least 1. On <c>cpu</c> each worker repeats its own part, an equal one in units of <see cref="TriadGrain"/> elements, which
    /// it finds in the cache that holds that part; elsewhere every pass is a launch.
    /// </param>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of passes is below 1.</exception>
    public static void Triad(Tensor a, Tensor b, float factor, Tensor output, int passes = 1)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        Kernel.Run(
            "LimitProbe.Triad", [("a", a), ("b", b, a.Shape)], [("output", output, a.Shape)],
            simd => TriadSimd(simd, a, b, factor, output, passes),
            simt =>
            {
                var grid = QuadWalk.Grid(a.Device, a.Count);
                var arguments = new TriadArguments { A = a.View, B = b.View, Output = output.View, Factor = factor, Count = a.Count };
                for (int pass = 0; pass < passes; pass++) simt.Run(grid, TriadKernel, arguments);
            },
            operations: 2.0 * passes * a.Count, bytes: 3.0 * sizeof(float) * passes * a.Count, inPlace: true);
    }

    private static void MultiplyAddsSimd(SimdLaunch simd, Tensor sums, int steps)
    {
        float* sum = sums.Pointer;
        int units = sums.Count;
        simd.Run(worker =>
        {
            while (worker.TryTake(units, out int unit)) sum[unit] = SimdProbe.Widest.Chains(unit, steps);
        });
    }

    private static void TriadSimd(SimdLaunch simd, Tensor first, Tensor second, float factor, Tensor output, int passes)
    {
        float* a = first.Pointer, b = second.Pointer, y = output.Pointer;
        int count = first.Count;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(count, TriadGrain);
            SimdProbe.Widest.Triad(a + begin, b + begin, factor, y + begin, end - begin, passes);
        });
    }
}
