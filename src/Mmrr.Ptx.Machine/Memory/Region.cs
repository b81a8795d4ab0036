using System.Runtime.InteropServices;

namespace Mmrr.Ptx.Machine.Memory;

/// <summary>
/// A piece of memory: its bytes and, where accesses are checked, two <see cref="Stamp"/>s a place, of the last writer and the last readers. A place has four
/// bytes, or one after the first access to fewer than four.
/// </summary>
internal sealed unsafe class Region : IDisposable
{
    private readonly long _capacity;

    /// <summary>Describes memory that its owner allocated, at present of no length.</summary>
    public Region(nint address, long capacity, bool isChecked)
    {
        (Base, _capacity) = ((ulong)address, capacity);
        if (isChecked) Allocate(2);
    }

    /// <summary>The first byte's address.</summary>
    public ulong Base { get; }

    /// <summary>The bytes that may be accessed.</summary>
    public long Length { get; private set; }

    /// <summary>Places written before this stamp count as not written.</summary>
    public ulong Born { get; set; }

    /// <summary>The last writer of every place; null where nothing is checked.</summary>
    public ulong* Writers { get; private set; }

    /// <summary>The last reader of every place.</summary>
    public ulong* Readers { get; private set; }

    /// <summary>The logarithm of a place's bytes: 2 or 0.</summary>
    public int PlaceShift { get; private set; } = 2;

    /// <summary>What messages call it.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The end of what was allocated, with the margin.</summary>
    public ulong Limit => Base + (ulong)_capacity;

    /// <summary>The bytes that it had when it was freed; 0 where it was not.</summary>
    public long FreedBytes { get; private set; }

    /// <summary>Makes the first bytes accessible, as memory that nothing has written.</summary>
    public void Open(long bytes, string name, ulong born) => (Length, Name, Born, FreedBytes) = (bytes, name, born, 0);

    public void Rename(string name) => Name = name;

    /// <summary>Makes nothing accessible.</summary>
    public void Close() => (FreedBytes, Length) = (Math.Max(Length, FreedBytes), 0);

    /// <summary>Marks bytes as written by the host.</summary>
    public void MarkWritten(long offset, long bytes)
    {
        if (Writers is null || bytes == 0) return;
        long first = offset >> PlaceShift, last = (offset + bytes - 1) >> PlaceShift;
        for (long i = first; i <= last; i++) Writers[i] = Born;
    }

    /// <summary>Goes over to places of one byte.</summary>
    public void Refine()
    {
        if (Writers is null || PlaceShift == 0) return;
        ulong* writers = Writers, readers = Readers;
        Allocate(0);
        for (long i = 0; i < _capacity; i++)
        {
            Writers[i] = writers[i >> 2];
            Readers[i] = readers[i >> 2];
        }
        NativeMemory.Free(writers);
        NativeMemory.Free(readers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(Writers);
        NativeMemory.Free(Readers);
        Writers = Readers = null;
        Length = 0;
    }

    private void Allocate(int shift)
    {
        PlaceShift = shift;
        nuint places = (nuint)((_capacity >> shift) + 1);
        Writers = (ulong*)NativeMemory.AllocZeroed(places, sizeof(ulong));
        Readers = (ulong*)NativeMemory.AllocZeroed(places, sizeof(ulong));
    }
}
