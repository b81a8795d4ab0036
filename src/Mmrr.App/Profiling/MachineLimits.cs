using Mmrr.Kernels;
using Mmrr.Ptx;

namespace Mmrr.App.Profiling;

/// <summary>The measured limits of a device.</summary>
/// <param name="Arithmetic">Floating-point operations a second, of multiply-adds in registers.</param>
/// <param name="Memory">Bytes a second, read and written, of a triad in place over arrays larger than any cache.</param>
internal sealed record MachineLimits(MeasuredLimit Arithmetic, MeasuredLimit Memory)
{
    // Some milliseconds on any device.
    private const int Steps = 20_000;

    // Two arrays of 128 MB; 256 KB on the simulator, which takes a fraction of a microsecond per element.
    private const int StreamedFloats = 32 * 1024 * 1024;
    private const int SimulatedFloats = 64 * 1024;

    // A worker's passes over its part of a cache, together: a fraction of a millisecond.
    private const long CachedBytes = 32L * 1024 * 1024;
    private const int Arrays = 2;

    /// <summary>Measures the limits, in 0.6 to 4 s on <c>cpu</c> and on GPUs.</summary>
    /// <param name="device">The device.</param>
    /// <exception cref="DeviceMemoryException">There is no room for 256 MB.</exception>
    public static MachineLimits Measure(Device device) => new(MeasureArithmetic(device), MeasureMemory(device));

    /// <summary>Measures <see cref="Arithmetic"/>, in 0.3 to 2 s.</summary>
    public static MeasuredLimit MeasureArithmetic(Device device)
    {
        using var probed = Again(device);
        return MeasuredLimit.Of(probed, () => LimitProbe.MultiplyAdds(probed, Steps), work => work.Operations);
    }

    /// <summary>Measures <see cref="Memory"/>, in 0.3 to 2 s.</summary>
    /// <exception cref="DeviceMemoryException">There is no room for the arrays.</exception>
    public static MeasuredLimit MeasureMemory(Device device) => MeasureTriad(device, Floats(device), 1);

    /// <summary>Bytes of the arrays that <see cref="MeasureMemory"/> streams.</summary>
    public static long MemoryBytes(Device device) => (long)Arrays * sizeof(float) * Floats(device);

    /// <summary>Measures the bytes a second, read and written, of the triad over arrays that a cache of <c>cpu</c> holds, in 0.3 to 2 s.</summary>
    /// <param name="device">The device <c>cpu</c>.</param>
    /// <param name="workingSet">Bytes of the arrays of one worker, from 512.</param>
    public static MeasuredLimit MeasureCache(Device device, long workingSet)
    {
        int floats = (int)(workingSet / Arrays / sizeof(float) / LimitProbe.TriadGrain) * LimitProbe.TriadGrain;
        return MeasureTriad(device, floats * device.Workers, (int)Math.Max(1, CachedBytes / workingSet));
    }

    /// <summary>
    /// The larger share of the two limits that some work reaches, and the name of that limit; null where it counts neither operations nor bytes.
    /// </summary>
    /// <param name="operations">Floating-point operations.</param>
    /// <param name="bytes">Bytes read and written.</param>
    /// <param name="seconds">The time that the work took.</param>
    public (double Share, string Limit)? Share(double operations, double bytes, double seconds)
    {
        double compute = operations / seconds / Arithmetic.Rate, memory = bytes / seconds / Memory.Rate;
        return compute == 0 && memory == 0 ? null : compute >= memory ? (compute, "compute") : (memory, "memory");
    }

    private static int Floats(Device device) => device.Kind == DeviceKind.Simt ? SimulatedFloats : StreamedFloats;

    private static MeasuredLimit MeasureTriad(Device device, int floats, int passes)
    {
        using var probed = Again(device);
        using var scope = new DisposeScope();
        var shape = new Shape(floats);
        Tensor x = Tensor.Empty(probed, shape), y = Tensor.Empty(probed, shape);
        foreach (var tensor in new[] { x, y }) Elementwise.Fill(1, tensor);
        // y tends to 2.
        return MeasuredLimit.Of(probed, () => LimitProbe.Triad(x, y, 0.5f, y, passes), work => work.Bytes);
    }

    // A second handle, with as many workers: the memory of its arrays returns to the system.
    private static Device Again(Device device) => Device.Open(device.Name, device.Kind == DeviceKind.Cpu ? device.Workers : null);
}
