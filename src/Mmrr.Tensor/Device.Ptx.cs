using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Mmrr.Ptx.Machine.Counting;

namespace Mmrr;

public sealed partial class Device
{
    private const int NewestSm = 90;

    // Of the card that grids are sized for: an H100's.
    private const int PtxMultiprocessors = 132;
    private const int PtxLanes = 1024;

    /// <summary>On <c>ptx</c>: what runs the kernels.</summary>
    internal PtxLauncher? Ptx { get; }

    /// <summary>The number of multiprocessors.</summary>
    internal int Multiprocessors => Kind == DeviceKind.Ptx ? PtxMultiprocessors : Accelerator.NumMultiprocessors;

    /// <summary>
    /// On <c>ptx</c>: counts what each kernel executes from now on, by the kernel's name as <c>mmrr ptx</c> lists it. The dictionary fills as kernels run; a
    /// second call begins another.
    /// </summary>
    /// <param name="cacheBytes">The second-level cache of the card that is meant; an H100 has 50 MiB.</param>
    /// <exception cref="InvalidOperationException">The device is another one: only <c>ptx</c> counts.</exception>
    public IReadOnlyDictionary<string, KernelCounts> CountKernels(long cacheBytes = 50L << 20) =>
        (Ptx ?? throw new InvalidOperationException($"the device {Name} counts nothing: open ptx")).Count(cacheBytes);

    /// <summary>Marks values as written by the host, for the checks of <c>ptx</c>.</summary>
    internal unsafe void MarkWritten(Tensor tensor)
    {
        if (Ptx is { } ptx) ptx.Memory.MarkWritten((nint)tensor.Pointer, sizeof(float) * (long)tensor.Count);
    }

    // The accelerator only allocates: host memory at its own addresses.
    private static Device OpenPtx(string name, int sm)
    {
        var context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        return new Device(DeviceKind.Ptx, name, context, Parallel(context), 1, new PtxLauncher(sm));
    }
}
