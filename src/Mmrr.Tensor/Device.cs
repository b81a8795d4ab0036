using System.Globalization;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>What runs the operations of a device.</summary>
public enum DeviceKind
{
    /// <summary>The SIMD entries on all cores, through ILGPU's CPU accelerator.</summary>
    Cpu,

    /// <summary>The SIMT entries on ILGPU's simulator: slow, and good for checking GPU kernels without a GPU.</summary>
    Simt,

    /// <summary>The SIMT entries on an NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>
/// A device is a stream: operations are enqueued and run in order, and the host waits only where it asks for values
/// (<see cref="Tensor.ToArray"/>, <see cref="Synchronize"/>).
/// <para>
/// What several threads may do on one device at the same time: make tensors without values (<see cref="Tensor.Empty"/>), dispose tensors, read this class's
/// properties, open other devices, and whatever takes turns by itself, as scoring does. All else, which is to run operations, to copy values and to wait, is
/// for one thread at a time, not always the same: where calls of two threads meet, one of them gets an <see cref="InvalidOperationException"/>, and nothing of
/// it is enqueued.
/// </para>
/// </summary>
public sealed partial class Device : IDisposable
{
    // Lanes of a group on the simulator: each is an OS thread, and a barrier costs more the more of them there are.
    private const int SimulatedLanes = 8;
    private const int CudaLanes = 256;

    private readonly Context? _context; // on cuda it is shared
    private readonly SimtLauncher? _simt;
    private readonly CudaCopyDriver? _copies;

    private Device(DeviceKind kind, string name, Context context, Accelerator accelerator, int workers)
    {
        Kind = kind;
        Name = name;
        Workers = workers;
        _context = kind == DeviceKind.Cuda ? null : context;
        Accelerator = accelerator;
        Use = new DeviceUse(name);
        Pool = new MemoryPool(this);
        if (kind == DeviceKind.Cpu)
        {
            Queue = new CpuQueue(accelerator, workers);
        }
        else
        {
            _simt = new SimtLauncher(this);
        }
        if (accelerator is not CudaAccelerator cuda) return;
        _copies = new CudaCopyDriver(cuda);
        Staging = new StagingRing(_copies);
    }

    /// <summary>What runs the operations.</summary>
    public DeviceKind Kind { get; }

    /// <summary><c>cpu</c>, <c>simt</c>, <c>cuda:0</c>, …</summary>
    public string Name { get; }

    /// <summary>Worker threads on <c>cpu</c>; 1 elsewhere.</summary>
    public int Workers { get; }

    /// <summary>The hardware, in words.</summary>
    public string Description => Kind switch
    {
        DeviceKind.Cpu => $"{Workers} worker{(Workers == 1 ? "" : "s")}, {Vectors}",
        DeviceKind.Simt => $"ILGPU's simulator, {MaxLanes} lanes",
        _ => Describe((CudaAccelerator)Accelerator),
    };

    private static string Vectors => Avx512F.IsSupported ? "AVX-512" : Fma.IsSupported ? "AVX2" : "128-bit vectors";

    /// <summary>How convolutions multiply; <see cref="MatrixPrecision.Float32"/> when not set. See <see cref="HasTf32"/>.</summary>
    public MatrixPrecision Precision { get; set; }

    /// <summary>Tensors on this device that have not been disposed.</summary>
    public long LiveTensors => Pool.LiveTensors;

    /// <summary>How often the pool had to take memory from the system since the device was opened.</summary>
    public long SystemAllocations => Pool.SystemAllocations;

    /// <summary>Bytes that the pool holds, in use or free.</summary>
    public long ReservedBytes => Pool.ReservedBytes;

    /// <summary>
    /// Whether the device waits after every operation: slow, but an operation that fails throws from the very call that asked for it, with its name. Otherwise
    /// a GPU's error comes from whatever waits next and names nothing. Not set unless the environment variable <c>MMRR_SYNCHRONIZE</c> is 1.
    /// </summary>
    public bool SynchronizeEach { get; set; } = Environment.GetEnvironmentVariable("MMRR_SYNCHRONIZE") == "1";

    /// <summary>Times the kernels; null when none does.</summary>
    internal Profiler? Profiler { get; set; }

    /// <summary>What is being launched, as its <see cref="Measurement"/> says.</summary>
    internal string Operation { get; set; } = "";

    internal Accelerator Accelerator { get; }

    /// <summary>On <c>cuda</c>: page-locked memory for copies.</summary>
    internal StagingRing? Staging { get; }

    /// <summary>On <c>cuda</c>: the driver for page-locked memory.</summary>
    internal ICopyDriver? Copies => _copies;

    internal MemoryPool Pool { get; }

    internal CpuQueue? Queue { get; }

    /// <summary>Keeps threads apart.</summary>
    internal DeviceUse Use { get; }

    /// <summary>Opens <c>auto</c> (CUDA where there is one, else the CPU), <c>cpu</c>, <c>simt</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="threads">Worker threads on <c>cpu</c>, from 1 to 1024; all cores when not given.</param>
    /// <exception cref="DeviceUnavailableException">The name is unknown, or there is no such device here.</exception>
    public static Device Open(string name = "auto", int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (threads is < 1 or > 1024) throw new ArgumentOutOfRangeException(nameof(threads), $"threads must lie between 1 and 1024, got {threads}");
        switch (name)
        {
            case "cpu": return OpenCpu(threads ?? Environment.ProcessorCount);
            case "simt": return OpenSimt(SimulatedLanes);
            case "auto": return CudaCount() > 0 ? OpenCuda(0) : OpenCpu(threads ?? Environment.ProcessorCount);
            case "cuda": return OpenCuda(0);
        }
        if (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            return OpenCuda(index);
        throw new DeviceUnavailableException($"unknown device '{name}': expected auto, cpu, simt, cuda or cuda:N");
    }

    /// <summary>The names that <see cref="Open"/> would accept here, with the hardware behind each.</summary>
    public static IReadOnlyList<(string Name, string Description)> Available()
    {
        var found = new List<(string, string)>();
        for (int i = 0; i < CudaCount(); i++)
        {
            using var device = OpenCuda(i);
            found.Add((device.Name, device.Description));
        }
        foreach (string name in new[] { "cpu", "simt" })
        {
            using var device = Open(name);
            found.Add((device.Name, device.Description));
        }
        return found;
    }

    /// <summary>Waits until everything that was enqueued has run.</summary>
    /// <exception cref="InvalidOperationException">An operation failed while it ran; the message names it. Or another thread uses the device now.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public void Synchronize()
    {
        CpuQueue.CheckOutside();
        using var call = Use.Enter();
        if (Queue is not null) Queue.Run();
        else Accelerator.Synchronize();
    }

    /// <summary>Gives the buffers that no tensor uses back to the system, once everything enqueued has run.</summary>
    public void ReleaseUnusedMemory()
    {
        Synchronize();
        Pool.Dispose();
    }

    /// <summary>
    /// Waits for what takes turns on the device and for a call of another thread, and frees everything; what is asked of it later is refused.
    /// </summary>
    public void Dispose()
    {
        if (!Use.Close()) return;
        Queue?.Dispose();
        Pool.Dispose();
        Staging?.Dispose();
        _copies?.Dispose();
        Accelerator.Dispose();
        _context?.Dispose();
    }

    /// <summary>On <c>cpu</c>: every worker will run <paramref name="body"/>, after all that was enqueued before.</summary>
    internal void Enqueue(string operation, Action<Worker> body)
    {
        CpuQueue.CheckOutside();
        using var call = Use.Enter();
        Queue!.Enqueue(operation, body, Profiler);
        if (SynchronizeEach) Queue.Run();
    }

    /// <summary>After something was enqueued on <c>simt</c> or <c>cuda</c>: waits for it where <see cref="SynchronizeEach"/> asks for that.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message names it.</exception>
    internal void Finish(string operation)
    {
        if (!SynchronizeEach) return;
        try
        {
            Accelerator.DefaultStream.Synchronize();
        }
        catch (CudaException e)
        {
            throw new InvalidOperationException($"{operation}: {e.Message}", e);
        }
    }

    /// <summary>A kernel did not compile, which leaves ILGPU's context unusable.</summary>
    internal void GiveUpContext()
    {
        if (Kind == DeviceKind.Cuda) s_cuda.GiveUp(Accelerator.Context);
    }

    /// <summary>On <c>simt</c> and <c>cuda</c>: the launcher of SIMT kernels.</summary>
    internal SimtLauncher Simt
    {
        get
        {
            Use.Enter().Dispose();
            return _simt ?? throw new InvalidOperationException("the cpu device runs SIMD entries");
        }
    }

    /// <summary>A grid whose threads walk over <paramref name="count"/> items with a stride of the whole grid.</summary>
    internal KernelConfig Grid(long count) => Kind == DeviceKind.Cuda
        ? new KernelConfig((int)Math.Clamp((count + CudaLanes - 1) / CudaLanes, 1, MostGroups(CudaLanes)), CudaLanes)
        : new KernelConfig(
            (int)Math.Clamp((count + SimulatedLanes - 1) / SimulatedLanes, 1, 2), SimulatedLanes); // two groups, so that walks over several are checked

    /// <summary>The most threads that a group may have.</summary>
    internal int MaxLanes => Accelerator.MaxNumThreadsPerGroup;

    /// <summary>One group of threads for each of <paramref name="groups"/> problems; the size of a group is a power of two, at most 256.</summary>
    internal KernelConfig Groups(int groups) => new(groups, GroupLanes);

    /// <summary>The threads of a group of <see cref="Groups"/>.</summary>
    internal int GroupLanes => Kind == DeviceKind.Cuda ? CudaLanes : MaxLanes;

    /// <summary>The launch of a kernel of one's own, whose groups have at most <paramref name="lanes"/> threads.</summary>
    internal KernelConfig Config(SimtGrid grid, int lanes)
    {
        if (Kind != DeviceKind.Cuda) return new KernelConfig(grid.Together ? (int)grid.Count : 1, Math.Min(lanes, SimulatedLanes));
        long most = grid.Together ? int.MaxValue : MostGroups(lanes);
        return new KernelConfig((int)Math.Min(grid.Together ? grid.Count : (grid.Count + lanes - 1) / lanes, most), lanes);
    }

    // Of a grid whose threads walk: a few times what a card runs at once, and no more threads than an index may be moved on by.
    private int MostGroups(int lanes) => Math.Min(32 * Accelerator.NumMultiprocessors, Shape.MaxStride / lanes);

    private static Device OpenCpu(int workers)
    {
        // The accelerator wants at least two threads a warp; a group may still have one.
        var description = new CPUDevice(Math.Max(2, workers), 1, 1);
        var context = Context.Create(builder => builder.CPU(description));
        return new Device(DeviceKind.Cpu, "cpu", context, Parallel(context), workers);
    }

    // Without being told, ILGPU runs the threads of a group one after the other where a debugger is attached: workers that wait for one another would wait for
    // ever.
    private static CPUAccelerator Parallel(Context context) => context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);

    /// <summary>
    /// A simulator whose groups may have up to so many threads, a multiple of 32 or the usual eight: it runs the kernels that are written for more, slowly.
    /// </summary>
    internal static Device OpenSimt(int lanes)
    {
        int warp = Math.Min(32, lanes);
        var description = new CPUDevice(warp, lanes / warp, 1);
        var context = Context.Create(builder => builder.CPU(description).EnableAlgorithms());
        return new Device(DeviceKind.Simt, "simt", context, Parallel(context), 1);
    }
}
