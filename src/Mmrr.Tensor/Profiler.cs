using System.Diagnostics;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Times every kernel of a device from when it is made until it is disposed. Operations and bytes come from the formula of each kernel's launcher, the
/// one that docs/kernels has, so that the times can be compared with what the machine could do. A device without a profiler pays one comparison with null for
/// each kernel. On <c>cuda</c> the times are the card's own, between events in the stream, and the host waits for no kernel; on <c>simt</c> it waits for each.
/// </summary>
public sealed class Profiler : IDisposable
{
    private readonly Device _device;
    private readonly List<ProfiledKernel> _kernels = [];
    private readonly List<(Work Work, ProfilingMarker Begin, ProfilingMarker End)> _marked = [];
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly ProfilingMarker? _originMarker;

    /// <summary>Begins, when the device has finished what was enqueued before.</summary>
    /// <exception cref="InvalidOperationException">The device has a profiler.</exception>
    public Profiler(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.Profiler is not null) throw new InvalidOperationException($"{device.Name} is being profiled already");
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

    /// <summary>What the launcher that is at work has said of itself; the kernel that it enqueues is recorded under it.</summary>
    internal Work? Announced { get; set; }

    /// <summary>Seconds since the profiler was made.</summary>
    internal double Now => Stopwatch.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Ends, when the device has finished what was enqueued.</summary>
    public void Dispose()
    {
        if (_device.Profiler != this) return;
        Settle();
        _originMarker?.Dispose();
        _device.Profiler = null;
    }

    /// <summary>On <c>cuda</c>: an event that tells when everything that was enqueued so far has run.</summary>
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
/// <param name="Work">What it did.</param>
/// <param name="Workers">When each worker began and ended its part, in seconds since the profiler was made; one entry on a GPU.</param>
public sealed record ProfiledKernel(Work Work, IReadOnlyList<(double Begin, double End)> Workers)
{
    /// <summary>When the first worker began.</summary>
    public double Begin => Workers.Min(w => w.Begin);

    /// <summary>From the first worker's begin to the last one's end.</summary>
    public double Seconds => Workers.Max(w => w.End) - Begin;
}

/// <summary>The work of one call of a kernel, from its shapes.</summary>
/// <param name="Operation">For example <c>Convolution.Forward</c>.</param>
/// <param name="Shape">Of the largest tensor, for the reader.</param>
/// <param name="Operations">Floating-point operations of the plain formula; a fused multiply-add is two.</param>
/// <param name="Bytes">What must at least be read and written once.</param>
public readonly record struct Work(string Operation, Shape Shape, double Operations, double Bytes);
