using System.Diagnostics;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Times every kernel of a device from the profiler's creation to its disposal. Operations and bytes come from the formula in each kernel's launcher, which
/// docs/kernels states, so that the times can be compared with the machine's limits. Without a profiler the cost is one comparison with null per kernel. On
/// <c>cuda</c> the times are measured by the GPU, between events in the stream, and the host does not wait for kernels; on <c>simt</c> it waits for each.
/// </summary>
public sealed class Profiler : IDisposable
{
    private readonly Device _device;
    private readonly List<ProfiledKernel> _kernels = [];
    private readonly List<(Work Work, ProfilingMarker Begin, ProfilingMarker End)> _marked = [];
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly ProfilingMarker? _originMarker;

    /// <summary>Starts profiling after the device has finished everything enqueued before.</summary>
    /// <exception cref="InvalidOperationException">The device already has a profiler.</exception>
    public Profiler(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Profiler is not null) throw new InvalidOperationException($"{device.Name} is already being profiled");
        device.Synchronize();
        _device = device;
        if (device.Kind == DeviceKind.Cuda) _originMarker = Mark();
        device.Profiler = this;
    }

    /// <summary>The kernels that have run, in order.</summary>
    public IReadOnlyList<ProfiledKernel> Kernels
    {
        get
        {
            Settle();
            return _kernels;
        }
    }

    /// <summary>The work announced by the current launcher; the kernel that it enqueues is recorded under it.</summary>
    internal Work? Announced { get; set; }

    /// <summary>Seconds since the profiler was created.</summary>
    internal double Now => Stopwatch.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Stops profiling after the device has finished everything enqueued.</summary>
    public void Dispose()
    {
        if (_device.Profiler != this) return;
        Settle();
        _originMarker?.Dispose();
        _device.Profiler = null;
    }

    /// <summary>On <c>cuda</c>: an event that marks the end of everything enqueued so far.</summary>
    internal ProfilingMarker Mark() => _device.Accelerator.DefaultStream.AddProfilingMarker();

    internal void Record(in Work work, ProfilingMarker begin, ProfilingMarker end) => _marked.Add((work, begin, end));

    internal void Record(in Work work, (double Begin, double End)[] workers) => _kernels.Add(new ProfiledKernel(work, workers));

    private void Settle()
    {
        _device.Synchronize();
        foreach (var (work, begin, end) in _marked)
        {
            Record(work, [(begin.MeasureFrom(_originMarker!).TotalSeconds, end.MeasureFrom(_originMarker!).TotalSeconds)]);
            begin.Dispose();
            end.Dispose();
        }
        _marked.Clear();
    }
}

/// <summary>A kernel that ran.</summary>
/// <param name="Work">Its work.</param>
/// <param name="Workers">The begin and end of each worker's part, in seconds since the profiler was created; one entry on a GPU.</param>
public sealed record ProfiledKernel(Work Work, IReadOnlyList<(double Begin, double End)> Workers)
{
    /// <summary>The begin of the first worker.</summary>
    public double Begin => Workers.Min(w => w.Begin);

    /// <summary>Seconds from the first worker's begin to the last one's end.</summary>
    public double Seconds => Workers.Max(w => w.End) - Begin;
}

/// <summary>The work of one call of a kernel, from its shapes.</summary>
/// <param name="Operation">For example <c>Convolution.Forward</c>.</param>
/// <param name="Shape">Shape of the largest tensor, for display.</param>
/// <param name="Operations">Floating-point operations of the direct formula; a fused multiply-add counts as two.</param>
/// <param name="Bytes">Minimum bytes read and written.</param>
public readonly record struct Work(string Operation, Shape Shape, double Operations, double Bytes);
