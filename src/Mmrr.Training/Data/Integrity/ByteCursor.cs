using System.Buffers.Binary;

namespace Mmrr.Training.Data.Integrity;

/// <summary>Reads a file's numbers sequentially. Reading beyond the end throws the exception of a truncated file, never an index out of range.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes, string format, bool bigEndian)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The next byte to read.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes from here to the end.</summary>
    public readonly int Left => _bytes.Length - Position;

    /// <summary>Moves to a position, which may be the end.</summary>
    public void Seek(long position)
    {
        if (position < 0 || position > _bytes.Length) throw Flaw.Truncated(format, $"it points to byte {position} of {_bytes.Length}");
        Position = (int)position;
    }

    /// <summary>The next bytes.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0) throw Flaw.Damaged(format, $"a length at byte {Position} is too small");
        if (count > Left) throw Flaw.Truncated(format, $"it ends at byte {_bytes.Length}, {count - Left} bytes early");
        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>The next byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>The next number of two bytes.</summary>
    public int Short() => bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Take(2)) : BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>The next number of four bytes.</summary>
    public uint Int() => bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Take(4)) : BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
}
