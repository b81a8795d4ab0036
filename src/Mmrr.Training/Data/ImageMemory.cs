namespace Mmrr.Training.Data;

/// <summary>Keeps an image too large for the memory from stopping the work on all others.</summary>
internal static class ImageMemory
{
    // Pixels.
    private const long Large = 1 << 22;

    // Held for reading while working on an image, and for writing after running out of memory.
    private static readonly ReaderWriterLockSlim s_room = new();

    /// <summary>
    /// Runs work on an image. If memory is insufficient, it is retried once while no other thread works on an image, since their memory may have been the
    /// cause.
    /// </summary>
    /// <param name="path">The image, for the message.</param>
    /// <param name="work">The work that needs memory; it must not call this method.</param>
    /// <exception cref="InvalidDataException">Memory is insufficient for the image alone.</exception>
    public static T Use<T>(string path, Func<T> work)
    {
        s_room.EnterReadLock();
        try
        {
            return work();
        }
        catch (OutOfMemoryException)
        {
            // The allocations are released on leaving this block.
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
    /// Frees the memory of a large image, some hundreds of megabytes: with one after another, the garbage collector would let it accumulate while the
    /// machine has free memory.
    /// </summary>
    /// <param name="sample">The image that is no longer needed.</param>
    public static void Release(Sample sample)
    {
        if (sample.Height * (long)sample.Width >= Large) GC.Collect();
    }
}
