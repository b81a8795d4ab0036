using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Encloses what is launched: <c>using (Measurement.Of(device, …)) { … }</c>, in <see cref="Kernel.Run"/>. On <c>cpu</c> it names the work enqueued in it; on
/// <c>cuda</c> it marks the stream before and after, on <c>simt</c> it times the launch. Without a profiler it only sets the device's operation name.
/// </summary>
internal readonly struct Measurement : IDisposable
{
    private readonly Device? _device;
    private readonly Work _work;
    private readonly double _begin;
    private readonly ProfilingMarker? _marker;

    private Measurement(Device device, Profiler profiler, in Work work)
    {
        _device = device;
        _work = work;
        profiler.Announced = work;
        if (device.Queue is not null) return;
        if (device.Kind == DeviceKind.Cuda)
        {
            _marker = profiler.Mark();
            return;
        }
        device.Synchronize();
        _begin = profiler.Now;
    }

    /// <summary>Starts a measurement.</summary>
    /// <param name="device">The device of the kernel.</param>
    /// <param name="operation">Name of the operation.</param>
    /// <param name="shape">Shape of the largest tensor.</param>
    /// <param name="operations">Floating-point operations.</param>
    /// <param name="bytes">Minimum bytes read and written.</param>
    public static Measurement Of(Device device, string operation, Shape shape, double operations, double bytes)
    {
        device.Operation = operation;
        return device.Profiler is { } profiler ? new Measurement(device, profiler, new Work(operation, shape, operations, bytes)) : default;
    }

    public void Dispose()
    {
        if (_device?.Profiler is not { } profiler) return;
        profiler.Announced = null;
        if (_device.Queue is not null) return;
        if (_marker is not null)
        {
            profiler.Record(_work, _marker, profiler.Mark());
            return;
        }
        _device.Synchronize();
        profiler.Record(_work, [(_begin, profiler.Now)]);
    }
}
