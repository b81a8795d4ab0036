using ILGPU;
using ILGPU.Runtime;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr;

/// <summary>
/// A buffer of device memory. On the CPU it begins on a 64-byte boundary: one AVX-512 register, one cache line. The garbage collector is told of memory on the
/// host: it sees the small handles alone, and would let those that nobody disposes grow to gigabytes.
/// </summary>
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private const int Alignment = 64;
    // On `ptx`, before and behind: an index that is off by some is in no other buffer.
    private const int Margin = 1024;
    private readonly MemoryBuffer1D<float, Stride1D.Dense> _memory;
    private readonly GlobalMemory? _known;

    public DeviceBuffer(Device device, int size, long number)
    {
        var accelerator = device.Accelerator;
        _known = device.Ptx?.Memory;
        int margin = _known is null ? 0 : Margin;
        Size = size;
        Number = number;
        bool host = accelerator.AcceleratorType == AcceleratorType.CPU;
        _memory = accelerator.Allocate1D<float>((long)size + (host ? Alignment / sizeof(float) : 0) + (2 * margin));
        if (host)
        {
            GC.AddMemoryPressure(Bytes);
            long address = _memory.NativePtr;
            HugePages.Advise((nint)address, Bytes);
            long shift = ((Alignment - (address & (Alignment - 1))) % Alignment / sizeof(float)) + margin;
            View = _memory.View.BaseView.SubView(shift, size);
            Pointer = (float*)(address + (shift * sizeof(float)));
            _known?.Add((nint)Pointer, Bytes);
        }
        else
        {
            View = _memory.View.BaseView;
        }
    }

    /// <summary>Number of buffers allocated before it.</summary>
    public long Number { get; }

    /// <summary>Size in floats.</summary>
    public int Size { get; }

    public long Bytes => sizeof(float) * (long)Size;

    public ArrayView<float> View { get; }

    /// <summary>Null on <c>cuda</c>.</summary>
    public float* Pointer { get; }

    public void Dispose()
    {
        _known?.Remove((nint)Pointer);
        if (Pointer is not null) GC.RemoveMemoryPressure(Bytes);
        _memory.Dispose();
    }
}
