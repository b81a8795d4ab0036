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

    private readonly List<Tensor> _tensors = [];

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
        foreach (var tensor in _tensors) tensor.Dispose();
        _tensors.Clear();
        Device.Dispose();
    }

    /// <summary>Makes the tensors.</summary>
    protected abstract void Prepare();

    /// <summary>A tensor with arbitrary contents.</summary>
    protected Tensor Empty(params int[] sizes)
    {
        var tensor = Tensor.Empty(Device, new Shape(sizes));
        _tensors.Add(tensor);
        return tensor;
    }

    /// <summary>A tensor of uniform noise in [low, high); a stream of its own for each.</summary>
    protected Tensor Uniform(int[] sizes, float low = -1, float high = 1)
    {
        var tensor = Empty(sizes);
        PhiloxUniform.Fill(1, (ulong)_tensors.Count, low, high, tensor.Count, tensor);
        return tensor;
    }

    /// <summary>Launches so many times and waits.</summary>
    protected void Run(int launches, Action launch)
    {
        ArgumentNullException.ThrowIfNull(launch);
        for (int i = 0; i < launches; i++) launch();
        Device.Synchronize();
    }
}
