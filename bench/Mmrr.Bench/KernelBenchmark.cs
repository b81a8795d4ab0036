using BenchmarkDotNet.Attributes;
using Mmrr.Kernels;

namespace Mmrr.Bench;

/// <summary>
/// What the benchmarks share: a device, tensors on it, and a number of launches for each synchronisation. On <c>cpu</c> the queue is one
/// ILGPU launch of 45 to 170 µs, which a training step shares among hundreds of operations: here <see cref="Few"/> or <see cref="Many"/>.
/// </summary>
public abstract class KernelBenchmark
{
    /// <summary>The environment variable that names the device.</summary>
    public const string DeviceVariable = "MMRR_BENCH_DEVICE";

    /// <summary>Launches before the host waits, of kernels that take long.</summary>
    public const int Few = 16;

    /// <summary>Launches before the host waits, of kernels that are mostly short.</summary>
    public const int Many = 128;

    private readonly List<IDisposable> _owned = [];
    private bool _counts;

    /// <summary>Where the kernels run.</summary>
    protected Device Device { get; private set; } = null!;

    /// <summary>Opens the device and makes the tensors.</summary>
    [GlobalSetup]
    public void Open()
    {
        Device = Device.Open(Environment.GetEnvironmentVariable(DeviceVariable) ?? "cpu");
        Prepare();
        Device.Synchronize();
    }

    /// <summary>Gives everything back.</summary>
    [GlobalCleanup]
    public void Close()
    {
        foreach (var owned in _owned) owned.Dispose();
        _owned.Clear();
        Device.Dispose();
    }

    /// <summary>
    /// Floating-point operations of one launch, and the bytes that it must at least read and write: what the profiler counts in one, by the formulas in
    /// docs/kernels.
    /// </summary>
    /// <param name="method">The benchmark, of this instance.</param>
    public (double Operations, double Bytes) CountWork(Action method)
    {
        ArgumentNullException.ThrowIfNull(method);
        _counts = true;
        using var profiler = new Profiler(Device);
        method();
        return (profiler.Kernels.Sum(kernel => kernel.Work.Operations), profiler.Kernels.Sum(kernel => kernel.Work.Bytes));
    }

    /// <summary>Makes the tensors.</summary>
    protected abstract void Prepare();

    /// <summary>Disposes of this at the end.</summary>
    protected T Own<T>(T value)
        where T : IDisposable
    {
        _owned.Add(value);
        return value;
    }

    /// <summary>A tensor with arbitrary contents.</summary>
    protected Tensor Empty(params int[] sizes) => Own(Tensor.Empty(Device, new Shape(sizes)));

    /// <summary>A tensor of uniform noise in [low, high); a stream of its own for each.</summary>
    protected Tensor Uniform(int[] sizes, float low = -1, float high = 1)
    {
        var tensor = Empty(sizes);
        PhiloxUniform.Fill(1, (ulong)_owned.Count, low, high, tensor.Count, tensor);
        return tensor;
    }

    /// <summary>Launches so many times, or once where the work is counted, and waits.</summary>
    protected void Run(int launches, Action launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        for (int i = 0; i < (_counts ? 1 : launches); i++) launch();
        Device.Synchronize();
    }
}
