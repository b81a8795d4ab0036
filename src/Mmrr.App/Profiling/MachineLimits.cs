using System.Diagnostics;
using Mmrr.Kernels;
using Mmrr.Ptx;

namespace Mmrr.App.Profiling;

/// <summary>The measured limits of a device.</summary>
/// <param name="Gflops">10⁹ floating-point operations a second, of multiply-adds in registers.</param>
/// <param name="GigabytesPerSecond">10⁹ bytes a second, read and written, of a triad over arrays larger than any cache.</param>
internal sealed record MachineLimits(double Gflops, double GigabytesPerSecond)
{
    // Some milliseconds on any device: short enough to find a moment in which no other program uses a core.
    private const int Steps = 20_000;

    // Three arrays of 128 MB; 256 KB on the simulator, which takes a fraction of a microsecond per element.
    private const int StreamedFloats = 32 * 1024 * 1024;
    private const int SimulatedFloats = 64 * 1024;
    private static readonly TimeSpan s_each = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures the limits in about a second: the best of many runs.</summary>
    /// <param name="device">The device. The arrays are allocated on a second handle to it, with as many workers, so their memory is returned to the
    /// system.</param>
    public static MachineLimits Measure(Device device)
    {
        using var probed = Device.Open(device.Name, device.Kind == DeviceKind.Cpu ? device.Workers : null);
        using var scope = new DisposeScope();
        double operations = Best(probed, () => LimitProbe.MultiplyAdds(probed, Steps), work => work.Operations);
        var shape = new Shape(device.Kind == DeviceKind.Simt ? SimulatedFloats : StreamedFloats);
        Tensor a = Tensor.Empty(probed, shape), b = Tensor.Empty(probed, shape), output = Tensor.Empty(probed, shape);
        foreach (var tensor in new[] { a, b, output }) Elementwise.Fill(1, tensor);
        double bytes = Best(probed, () => LimitProbe.Triad(a, b, 0.5f, output), work => work.Bytes);
        return new MachineLimits(operations / 1e9, bytes / 1e9);
    }

    /// <summary>
    /// The larger share of the two limits that some work reaches, and the name of that limit; null where it counts neither operations nor bytes.
    /// </summary>
    /// <param name="operations">Floating-point operations.</param>
    /// <param name="bytes">Bytes read and written.</param>
    /// <param name="seconds">The time that the work took.</param>
    public (double Share, string Limit)? Share(double operations, double bytes, double seconds)
    {
        double compute = operations / seconds / 1e9 / Gflops, memory = bytes / seconds / 1e9 / GigabytesPerSecond;
        return compute == 0 && memory == 0 ? null : compute >= memory ? (compute, "compute") : (memory, "memory");
    }

    /// <summary>The best rate, an amount a second. The profiler's times exclude the launch.</summary>
    private static double Best(Device device, Action enqueue, Func<Work, double> amount)
    {
        using var profiler = new Profiler(device);
        var watch = Stopwatch.StartNew();
        do
        {
            for (int i = 0; i < 4; i++) enqueue();
            device.Synchronize();
        }
        while (watch.Elapsed < s_each);
        return profiler.Kernels.Max(kernel => amount(kernel.Work) / kernel.Seconds);
    }
}
