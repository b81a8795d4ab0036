using System.Collections.Concurrent;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// The stream of the <c>cpu</c> device. Operations collect here; one ILGPU launch then runs them all: its lanes are the workers, and they
/// walk through the operations with a barrier of our own between two of them. (A launch costs 45 to 170 µs, that barrier 0.2 to 0.5.)
/// </summary>
internal sealed class CpuQueue : IDisposable
{
    // Long enough that a launch is nothing beside its work, short enough that the closures stay few.
    private const int LongestQueue = 4096;
    private static readonly ConcurrentDictionary<int, CpuQueue> s_open = new();
    private static int s_handles;

    private readonly int _handle = Interlocked.Increment(ref s_handles);
    private readonly Worker[] _workers;
    private readonly WorkerBarrier _barrier;
    private readonly Action<KernelConfig, int> _launch;
    private readonly List<(string Name, Action<Worker> Body)> _operations = [];
    private readonly List<Action> _afterRun = [];
    private (string Name, Exception Error)? _failure;

    public CpuQueue(Accelerator accelerator, int workers)
    {
        _barrier = new WorkerBarrier(workers);
        _workers = [.. Enumerable.Range(0, workers).Select(i => new Worker(i, _barrier))];
        _launch = accelerator.LoadStreamKernel<int>(WalkKernel);
        s_open[_handle] = this;
    }

    public void Enqueue(string name, Action<Worker> body)
    {
        _operations.Add((name, body));
        if (_operations.Count >= LongestQueue) Run();
    }

    /// <summary>Something for the host to do once everything enqueued so far has run.</summary>
    public void AfterRun(Action action) => _afterRun.Add(action);

    public void Run()
    {
        if (_operations.Count == 0) return;
        _launch(new KernelConfig(1, _workers.Length), _handle);
        _operations.Clear();
        foreach (var action in _afterRun) action();
        _afterRun.Clear();
        if (_failure is { } failure)
        {
            _failure = null;
            _barrier.Reset();
            foreach (var worker in _workers) worker.Reset();
            throw new InvalidOperationException($"{failure.Name}: {failure.Error.Message}", failure.Error);
        }
    }

    public void Dispose()
    {
        s_open.TryRemove(_handle, out _);
        foreach (var worker in _workers) worker.Dispose();
    }

    /// <summary>Every lane is a worker. The body is one call that ILGPU's front end does not look into, so the .NET method itself runs.</summary>
    private static void WalkKernel(int handle) => Walk(handle, Group.IdxX);

    [IntrinsicImplementation]
    private static void Walk(int handle, int index)
    {
        var queue = s_open[handle];
        var worker = queue._workers[index];
        foreach (var (name, body) in queue._operations)
        {
            try
            {
                body(worker);
            }
            catch (WorkerBarrier.BrokenException)
            {
                return; // another worker failed
            }
#pragma warning disable CA1031 // Whatever it was, the host is to hear of it, and no other worker may wait for this one.
            catch (Exception e)
#pragma warning restore CA1031
            {
                queue._failure = (name, e);
                queue._barrier.Break();
                return;
            }
            if (!worker.TryBarrier()) return;
        }
    }
}
