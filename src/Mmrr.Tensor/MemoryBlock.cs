using ILGPU;

namespace Mmrr;

/// <summary>A part of a buffer that one tensor holds, or that is free: the blocks of a buffer follow each other without a gap.</summary>
internal sealed unsafe class MemoryBlock
{
    private readonly int _offset; // in floats, a multiple of 64: blocks begin on cache lines
    private long _order;

    /// <summary>The whole of a buffer.</summary>
    public MemoryBlock(DeviceBuffer buffer)
        : this(buffer, 0, buffer.Size)
    {
    }

    private MemoryBlock(DeviceBuffer buffer, int offset, int size)
    {
        Buffer = buffer;
        _offset = offset;
        Size = size;
    }

    /// <summary>Free blocks of one size in the order in which they are taken.</summary>
    public static IComparer<MemoryBlock> ByOrder { get; } =
        Comparer<MemoryBlock>.Create((a, b) => a._order != b._order ? a._order.CompareTo(b._order) : a._offset.CompareTo(b._offset));

    public DeviceBuffer Buffer { get; }

    /// <summary>Size in floats.</summary>
    public int Size { get; private set; }

    public ArrayView<float> View => Buffer.View.SubView(_offset, Size);

    /// <summary>Null on <c>cuda</c>.</summary>
    public float* Pointer => Buffer.Pointer is null ? null : Buffer.Pointer + _offset;

    public bool IsFree { get; private set; }

    public bool IsWhole => Size == Buffer.Size;

    public MemoryBlock? Previous { get; private set; }

    public MemoryBlock? Next { get; private set; }

    /// <summary>Marks the block as free; those of a lower order are taken first.</summary>
    public void FreeAs(long order)
    {
        IsFree = true;
        _order = order;
    }

    public void Take() => IsFree = false;

    /// <summary>Keeps the first floats and returns the block of the rest; null where there is none.</summary>
    public MemoryBlock? SplitAfter(int size)
    {
        if (size == Size) return null;
        var rest = new MemoryBlock(Buffer, _offset + size, Size - size) { Previous = this, Next = Next };
        if (Next is not null) Next.Previous = rest;
        Next = rest;
        Size = size;
        return rest;
    }

    /// <summary>Takes in the block behind, which is then no longer one.</summary>
    public MemoryBlock Join(MemoryBlock next)
    {
        Size += next.Size;
        Next = next.Next;
        if (Next is not null) Next.Previous = this;
        return this;
    }
}
