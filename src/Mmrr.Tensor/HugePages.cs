using System.Runtime.InteropServices;

namespace Mmrr;

/// <summary>
/// Asks Linux for huge pages under large buffers on the host: a convolution reads and writes 36 planes at once, more pages of 4 KB than the processor's first
/// table of addresses holds. Where the system has none, nothing changes.
/// </summary>
internal static partial class HugePages
{
    private const long PageBytes = 2 << 20;

    // Below, the pages at both ends, which cannot be huge, are too large a part.
    private const long FewestBytes = 2 * PageBytes;
    private const nuint SmallPageBytes = 4096;
    private const int MadviseHugePage = 14;

    /// <summary>Marks the whole pages of a region, before it is first written.</summary>
    public static void Advise(nint address, long bytes)
    {
        if (bytes < FewestBytes || !OperatingSystem.IsLinux()) return;
        nuint begin = ((nuint)address + SmallPageBytes - 1) & ~(SmallPageBytes - 1), end = (nuint)(address + bytes) & ~(SmallPageBytes - 1);
        _ = Madvise(begin, end - begin, MadviseHugePage); // advice alone: what it returns changes nothing
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Madvise(nuint address, nuint length, int advice);
}
