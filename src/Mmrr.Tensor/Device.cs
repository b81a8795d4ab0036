using System.Globalization;
using System.Runtime.Intrinsics.X86;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>The kind of hardware that runs a device's operations.</summary>
public enum DeviceKind
{
    /// <summary>The SIMD entries on all cores, through ILGPU's CPU accelerator.</summary>
    Cpu,

    /// <summary>The SIMT entries on ILGPU's simulator: slow; for testing GPU kernels without a GPU.</summary>
    Simt,

    /// <summary>The SIMT entries on an NVIDIA GPU.</summary>
    Cuda,

    /// <summary>The SIMT entries as the PTX that a GPU would get, run and checked on the CPU: for testing GPU kernels without a GPU.</summary>
    Ptx,
}

/// <summary>
/// A device is a stream: operations are enqueued and run in order, and the host waits only when it reads values (<see cref="Tensor.ToArray"/>,
/// <see cref="Synchronize"/>).
/// <para>
/// Several threads may do the following on one device concurrently: create tensors without values (<see cref="Tensor.Empty"/>), dispose tensors, read this
/// class's properties, open other devices, and call methods that take turns by themselves, such as scoring. Everything else (running operations, copying
/// values and waiting) is allowed for one thread at a time, not always the same: if calls of two threads overlap, one of them throws an
/// <see cref="InvalidOperationException"/> and enqueues nothing.
/// </para>
/// </summary>
public sealed partial class Device : IDisposable
{
    // Lanes of a group on the simulator: each is an OS thread, and the cost of a barrier grows with their number.
    private const int SimulatedLanes = 8;
    private const int CudaLanes = 256;

    private readonly Context? _context; // shared on cuda
    private readonly SimtLauncher? _simt;
    private readonly CudaCopyDriver? _copies;

    private Device(DeviceKind kind, string name, Context context, Accelerator accelerator, int workers, PtxLauncher? ptx = null)
    {
        Kind = kind;
        Name = name;
        Workers = workers;
        Ptx = ptx;
        _context = kind == DeviceKind.Cuda ? null : context;
        Accelerator = accelerator;
        Use = new DeviceUse(name);
        Pool = new MemoryPool(this);
        if (kind == DeviceKind.Cpu)
        {
            Queue = new CpuQueue(this, workers);
        }
        else
        {
            _simt = new SimtLauncher(this);
        }
        if (accelerator is not CudaAccelerator cuda) return;
        _copies = new CudaCopyDriver(cuda);
        Staging = new StagingRing(_copies);
    }

    /// <summary>The kind of hardware that runs the operations.</summary>
    public DeviceKind Kind { get; }

    /// <summary><c>cpu</c>, <c>simt</c>, <c>ptx</c>, <c>cuda:0</c>, …</summary>
    public string Name { get; }

    /// <summary>Worker threads on <c>cpu</c>; 1 elsewhere.</summary>
    public int Workers { get; }

    /// <summary>Threads for what the host computes beside the operations: the workers' number on <c>cpu</c>, that of the cores elsewhere.</summary>
    internal int HostThreads => Kind == DeviceKind.Cpu ? Workers : Environment.ProcessorCount;

    /// <summary>A description of the hardware.</summary>
    public string Description => Kind switch
    {
        DeviceKind.Cpu => $"{Workers} worker{(Workers == 1 ? "" : "s")}, {Vectors}",
        DeviceKind.Simt => $"ILGPU's simulator, {MaxLanes} lanes",
        DeviceKind.Ptx => $"PTX for sm_{Ptx!.Sm}, run "
            + (Ptx.Memory.IsChecked ? "and checked on the CPU" : "on the CPU, unchecked for races and unwritten memory"),
        _ => Describe((CudaAccelerator)Accelerator),
    };

    private static string Vectors => Avx512F.IsSupported ? "AVX-512" : Fma.IsSupported ? "AVX2" : "128-bit vectors";

    /// <summary>The precision of convolutions; <see cref="MatrixPrecision.Float32"/> by default. See <see cref="HasTf32"/>.</summary>
    public MatrixPrecision Precision { get; set; }

    /// <summary>Tensors on this device that have not been disposed.</summary>
    public long LiveTensors => Pool.LiveTensors;

    /// <summary>Number of the pool's system allocations since the device was opened.</summary>
    public long SystemAllocations => Pool.SystemAllocations;

    /// <summary>Bytes in the pool, in use or free.</summary>
    public long ReservedBytes => Pool.ReservedBytes;

    /// <summary>
    /// Whether the device synchronizes after every operation: slow, but a failed operation throws from its own call, with its name. Otherwise a GPU error
    /// is thrown by the next call that waits, without a name. False unless the environment variable <c>MMRR_SYNCHRONIZE</c> is 1.
    /// </summary>
    public bool SynchronizeEach { get; set; } = Environment.GetEnvironmentVariable("MMRR_SYNCHRONIZE") == "1";

    /// <summary>The profiler that times the kernels, or null.</summary>
    internal Profiler? Profiler { get; set; }

    /// <summary>Called after each operation was launched, with its name and its outputs; or null.</summary>
    internal Action<string, IReadOnlyList<Tensor>>? AfterOperation { get; set; }

    /// <summary>The operation that is being launched, for its <see cref="Measurement"/>.</summary>
    internal string Operation { get; set; } = "";

    internal Accelerator Accelerator { get; }

    /// <summary>On <c>cuda</c>: page-locked memory for copies.</summary>
    internal StagingRing? Staging { get; }

    /// <summary>On <c>cuda</c>: the driver for page-locked memory.</summary>
    internal ICopyDriver? Copies => _copies;

    internal MemoryPool Pool { get; }

    internal CpuQueue? Queue { get; }

    /// <summary>Serializes threads.</summary>
    internal DeviceUse Use { get; }

    /// <summary>
    /// Opens <c>auto</c> (CUDA if present, otherwise the CPU), <c>cpu</c>, <c>simt</c>, <c>ptx</c>, <c>ptx:80</c>, <c>ptx:90</c>, <c>cuda</c> or <c>cuda:N</c>.
    /// <c>,unchecked</c> after one of the three of PTX leaves out the checks for races and for memory that nothing has written; <c>,limit=N</c> ends a kernel
    /// of which a warp executes more than N instructions in a block, a thousand million where none is given.
    /// </summary>
    /// <param name="name">The device's name.</param>
    /// <param name="threads">Worker threads on <c>cpu</c>, from 1 to 1024; all cores by default.</param>
    /// <exception cref="DeviceUnavailableException">The name is unknown, or the device is not present.</exception>
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
        if (PtxOptions.TryParse(name, out var ptx)) return OpenPtx(name, ptx);
        if (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            return OpenCuda(index);
        throw new DeviceUnavailableException(
            $"unknown device '{name}': expected auto, cpu, simt, cuda, cuda:N, or ptx, ptx:80 or ptx:90, "
            + "to which ,unchecked and ,limit=N (instructions of a warp) may be added");
    }

    /// <summary>The names that <see cref="Open"/> accepts on this machine, each with its hardware.</summary>
    public static IReadOnlyList<(string Name, string Description)> Available()
    {
        var found = new List<(string, string)>();
        for (int i = 0; i < CudaCount(); i++)
        {
            using var device = OpenCuda(i);
            found.Add((device.Name, device.Description));
        }
        foreach (string name in new[] { "cpu", "simt", "ptx" })
        {
            using var device = Open(name);
            found.Add((device.Name, device.Description));
        }
        return found;
    }

    /// <summary>Waits until everything that was enqueued has run.</summary>
    /// <exception cref="InvalidOperationException">An operation failed while running; the message names it. Or another thread is using the device.</exception>
    /// <exception cref="ObjectDisposedException">The device was disposed.</exception>
    public void Synchronize()
    {
        CpuQueue.CheckOutside();
        using var call = Use.Enter();
        if (Queue is not null) Queue.Run();
        else Accelerator.Synchronize();
    }

    /// <summary>Returns unused buffers to the system after everything enqueued has run.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Synchronize"/>.</exception>
    public void ReleaseUnusedMemory()
    {
        CpuQueue.CheckOutside();
        // One call: what another thread enqueued between the two would lose its buffers.
        using var call = Use.Enter();
        Synchronize();
        Pool.Dispose();
    }

    /// <summary>
    /// Waits for running turns and calls of other threads, and frees everything; later calls throw. A device that is not disposed keeps its threads.
    /// </summary>
    /// <exception cref="InvalidOperationException">An operation that runs on the workers calls it.</exception>
    public void Dispose()
    {
        CpuQueue.CheckOutside();
        if (!Use.Close()) return;
        Queue?.Dispose();
        Pool.Dispose();
        Staging?.Dispose();
        _copies?.Dispose();
        Ptx?.Dispose();
        Accelerator.Dispose();
        _context?.Dispose();
    }

    /// <summary>On <c>cpu</c>: enqueues <paramref name="body"/>, which every worker runs after everything enqueued before.</summary>
    /// <param name="operation">The name in messages and profiles.</param>
    /// <param name="body">The operation.</param>
    /// <param name="afterRun">Runs on the host when the operation has run.</param>
    internal void Enqueue(string operation, Action<Worker> body, Action? afterRun = null)
    {
        CpuQueue.CheckOutside();
        using var call = Use.Enter();
        Queue!.Enqueue(operation, body, Profiler, afterRun);
        if (SynchronizeEach) Queue.Run();
    }

    /// <summary>Called after an operation was enqueued on <c>simt</c> or <c>cuda</c>: waits for it if <see cref="SynchronizeEach"/> is set.</summary>
    /// <exception cref="InvalidOperationException">The operation failed; the message names it.</exception>
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

    /// <summary>Called when a kernel did not compile, which leaves ILGPU's context unusable.</summary>
    internal void GiveUpContext()
    {
        if (Kind == DeviceKind.Cuda) s_cuda.GiveUp(Accelerator.Context);
    }

    /// <summary>On <c>simt</c>, <c>ptx</c> and <c>cuda</c>: the launcher of SIMT kernels.</summary>
    internal SimtLauncher Simt => _simt ?? throw new InvalidOperationException("the cpu device runs SIMD entries");

    /// <summary>A grid whose threads, at most <paramref name="lanes"/> in a group, process <paramref name="count"/> items in a grid-stride loop.</summary>
    internal KernelConfig Grid(long count, int lanes = CudaLanes)
    {
        int threads = Kind == DeviceKind.Simt ? Math.Min(lanes, SimulatedLanes) : lanes;
        long most = Kind == DeviceKind.Simt ? 2 : MostGroups(lanes); // on the simulator two groups, to test grid-stride loops
        return new KernelConfig((int)Math.Clamp((count + threads - 1) / threads, 1, most), threads);
    }

    /// <summary>Maximum threads per group.</summary>
    internal int MaxLanes => Kind == DeviceKind.Ptx ? PtxLanes : Accelerator.MaxNumThreadsPerGroup;

    /// <summary>
    /// One group of threads for each of <paramref name="groups"/> problems, of <paramref name="lanes"/> threads, or of as many as the simulator has.
    /// </summary>
    internal KernelConfig Groups(int groups, int lanes = CudaLanes) => new(groups, Math.Min(lanes, MaxLanes));

    /// <summary>Threads per group of <see cref="Groups"/>; a power of two.</summary>
    internal int GroupLanes => Math.Min(CudaLanes, MaxLanes);

    // For a grid-stride loop: a few times the groups that a GPU runs at once, and no more threads than the largest index step.
    private int MostGroups(int lanes) => Math.Min(32 * Multiprocessors, Shape.MaxStride / lanes);

    private static Device OpenCpu(int workers)
    {
        // The accelerator requires at least two threads per warp; a group may still have one.
        var description = new CPUDevice(Math.Max(2, workers), 1, 1);
        var context = Context.Create(builder => builder.CPU(description));
        return new Device(DeviceKind.Cpu, "cpu", context, Parallel(context), workers);
    }

    // By default ILGPU runs the threads of a group sequentially if a debugger is attached: workers that wait for one another would deadlock.
    private static CPUAccelerator Parallel(Context context) => context.GetDevice<CPUDevice>(0).CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel);

    /// <summary>
    /// Opens a simulator whose groups may have up to this many threads, a multiple of 32 or the usual eight: it runs, slowly, the kernels written for
    /// larger groups.
    /// </summary>
    internal static Device OpenSimt(int lanes)
    {
        int warp = Math.Min(32, lanes);
        var description = new CPUDevice(warp, lanes / warp, 1);
        // The simulator runs a kernel's .NET method. Of the code that ILGPU makes of it only the extent of shared memory counts, which no optimisation
        // changes, and to optimise a large kernel takes half a minute.
        var context = Context.Create(builder =>
            builder.CPU(description).EnableAlgorithms().Optimize(OptimizationLevel.O0).Inlining(InliningMode.Disabled));
        return new Device(DeviceKind.Simt, "simt", context, Parallel(context), 1);
    }
}
