using System.Numerics;

namespace Mmrr;

/// <summary>
/// Copies between any host memory and a GPU through a few page-locked buffers, which are used in turn, grow as needed and are kept. A buffer is reused when
/// the event of its last copy has completed; nothing waits for operations enqueued later. Large copies are split into pieces. Not thread-safe.
/// </summary>
/// <param name="driver">The driver that copies.</param>
/// <param name="largest">Floats of the largest buffer, a power of two.</param>
internal sealed class StagingRing(ICopyDriver driver, int largest = StagingRing.Largest) : IDisposable
{
    // Four megabytes: a millisecond of a slow bus, compared with which the cost of an event is negligible.
    private const int Largest = 1 << 20;

    // Most copies are losses, levels and small images.
    private const int Smallest = 1 << 12;
    private const int Buffers = 4;

    private readonly PinnedBuffer?[] _ring = new PinnedBuffer?[Buffers];
    private int _next;

    /// <summary>Enqueues a copy to the device. The values may be changed as soon as this returns.</summary>
    public void Upload(ReadOnlySpan<float> values, nint target)
    {
        while (!values.IsEmpty)
        {
            int count = Math.Min(values.Length, largest);
            var buffer = Next(count);
            values[..count].CopyTo(buffer.Values);
            buffer.CopyTo(target, count);
            values = values[count..];
            target += sizeof(float) * (nint)count;
        }
    }

    /// <summary>
    /// Copies from the device after everything enqueued so far has run. While a piece is copied out of its buffer, the next one is being transferred.
    /// </summary>
    public void Download(nint source, Span<float> values)
    {
        PinnedBuffer? arriving = null;
        Span<float> place = default;
        do
        {
            int count = Math.Min(values.Length, largest);
            PinnedBuffer? next = null;
            if (count > 0)
            {
                next = Next(count);
                next.CopyFrom(source, count);
            }
            if (arriving is not null)
            {
                arriving.Wait();
                arriving.Values[..place.Length].CopyTo(place);
            }
            arriving = next;
            place = values[..count];
            values = values[count..];
            source += sizeof(float) * (nint)count;
        }
        while (arriving is not null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _ring) buffer?.Dispose();
    }

    private PinnedBuffer Next(int count)
    {
        ref var buffer = ref _ring[_next];
        _next = (_next + 1) % Buffers;
        buffer?.Wait();
        if (buffer is not null && buffer.Count >= count) return buffer;
        buffer?.Dispose();
        buffer = null; // in case there is no memory for the new one
        return buffer = new PinnedBuffer(driver, Math.Max(Math.Min(Smallest, largest), (int)BitOperations.RoundUpToPowerOf2((uint)count)));
    }
}
