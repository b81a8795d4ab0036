using System.Collections.Concurrent;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// The stream of the <c>cpu</c> device. Operations are collected here; one ILGPU launch then runs them all: its lanes are the workers, which run the
/// operations in order with a custom barrier between two of them. (A launch costs 45 to 170 µs, that barrier 0.2 to 0.5.)
/// </summary>
internal sealed class CpuQueue : IDisposable
{
    // Long enough that the launch cost is negligible, short enough to limit the number of closures.
    private const int LongestQueue = 4096;
    private static readonly ConcurrentDictionary<int, CpuQueue> s_open = new();
    private static readonly Shape s_scalar = new();
    private static int s_handles;

    private readonly int _handle = Interlocked.Increment(ref s_handles);
    private readonly Device _device; // with its pool: bodies have addresses alone
    private readonly Worker[] _workers;
    private readonly WorkerBarrier _barrier;
    private readonly Action<KernelConfig, int> _launch;
    private readonly List<QueuedOperation> _operations = [];
    private readonly List<Action> _afterRun = [];
    private (string Name, Exception Error)? _failure;

    // Set on the workers' threads while they run operations.
    [ThreadStatic]
    private static bool s_isWorker;

    public CpuQueue(Device device, int workers)
    {
        _device = device;
        _barrier = new WorkerBarrier(workers);
        _workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(i, _barrier))];
        _launch = device.Accelerator.LoadStreamKernel<int>(WalkKernel);
        s_open[_handle] = this;
    }

    /// <summary>Enqueues an operation, and a host action for when it has run.</summary>
    public void Enqueue(string name, Action<Worker> body, Profiler? profiler, Action? afterRun)
    {
        if (afterRun is not null) _afterRun.Add(afterRun);
        _operations.Add(new QueuedOperation(
            name, body, profiler is null ? null : new QueuedProfile(profiler, profiler.Announced ?? new Work(name, s_scalar, 0, 0), _workers.Length)));
        if (_operations.Count >= LongestQueue) Run();
    }

    /// <summary>How often an operation failed, with which those enqueued after it were dropped.</summary>
    public int Failures { get; private set; }

    public void Run()
    {
        if (_operations.Count == 0) return;
        _launch(new KernelConfig(1, _workers.Length), _handle);
        foreach (var operation in _operations) operation.Profile?.Report();
        _operations.Clear();
        foreach (var action in _afterRun) action();
        _afterRun.Clear();
        if (_failure is { } failure)
        {
            _failure = null;
            Failures++;
            _barrier.Reset();
            foreach (var worker in _workers) worker.Reset();
            throw new InvalidOperationException($"{failure.Name}: {failure.Error.Message}", failure.Error);
        }
    }

    public void Dispose()
    {
        s_open.TryRemove(_handle, out _);
        foreach (var worker in _workers) worker.FreeScratch();
    }

    /// <summary>Throws on a worker: a worker that waits for the queue would deadlock.</summary>
    public static void CheckOutside()
    {
        if (!s_isWorker) return;
        throw new InvalidOperationException("an operation that runs on the workers may not enqueue another, read a tensor's values or dispose a device");
    }

    /// <summary>Every lane is a worker. The body is one call that is opaque to ILGPU's front end, so the .NET method itself runs.</summary>
    private static void WalkKernel(int handle) => Walk(handle, Group.IdxX);

    [IntrinsicImplementation]
    private static void Walk(int handle, int index)
    {
        var queue = s_open[handle];
        s_isWorker = true;
        try
        {
            queue.RunOperations(queue._workers[index], index);
        }
        finally
        {
            s_isWorker = false;
        }
    }

    private void RunOperations(Worker worker, int index)
    {
        foreach (var (name, body, profile) in _operations)
        {
            try
            {
                double begin = profile is null ? 0 : profile.Profiler.Now;
                body(worker);
                if (profile is not null) profile.Workers[index] = (begin, profile.Profiler.Now);
            }
            catch (WorkerBarrier.BrokenException)
            {
                return; // another worker failed
            }
#pragma warning disable CA1031 // Any exception must reach the host, and no other worker may wait for this one.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _failure = (name, e);
                _barrier.Break();
                return;
            }
            if (!worker.TryBarrier()) return;
        }
    }

    private readonly record struct QueuedOperation(string Name, Action<Worker> Body, QueuedProfile? Profile);

    /// <summary>Where the workers record their times while a profiler is attached.</summary>
    private sealed record QueuedProfile(Profiler Profiler, Work Work, int Count)
    {
        public (double Begin, double End)[] Workers { get; } = new (double, double)[Count];

        public void Report() => Profiler.Record(Work, Workers);
    }
}
