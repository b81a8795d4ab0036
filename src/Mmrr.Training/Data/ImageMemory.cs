namespace Mmrr.Training.Data;

/// <summary>Keeps an image that is too large for the memory from ending the work on all others.</summary>
internal static class ImageMemory
{
    // Pixels.
    private const long Large = 1 << 22;

    // Who works on an image holds it for reading; who found too little memory, for writing.
    private static readonly ReaderWriterLockSlim s_room = new();

    /// <summary>
    /// Works on an image. Where the memory does not suffice, it is tried once more while nobody else works on another: it may have been theirs.
    /// </summary>
    /// <param name="path">The image, for the message.</param>
    /// <param name="work">What needs memory; it must not come here again.</param>
    /// <exception cref="InvalidDataException">There is too little memory for the image alone.</exception>
    public static T Use<T>(string path, Func<T> work)
    {
        s_room.EnterReadLock();
        try
        {
            return work();
        }
        catch (OutOfMemoryException)
        {
            // What was allocated goes when this is left.
        }
        finally
        {
            s_room.ExitReadLock();
        }
        s_room.EnterWriteLock();
        try
        {
            GC.Collect();
            return work();
        }
        catch (OutOfMemoryException e)
        {
            throw new InvalidDataException(
                $"{path}: the image is too large for the memory of this process ({GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MB)", e);
        }
        finally
        {
            s_room.ExitWriteLock();
        }
    }

    /// <summary>
    /// Frees what a large image left behind, some hundreds of megabytes: where one follows another, the collector would let it pile up while the machine
    /// has memory to spare.
    /// </summary>
    /// <param name="sample">The image that is done with.</param>
    public static void Release(Sample sample)
    {
        if (sample.Height * (long)sample.Width >= Large) GC.Collect();
    }
}
