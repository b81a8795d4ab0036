using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mmrr.App.Commands;

/// <summary>Standard output that notices when nobody reads it any more. The console's own writer does not: <c>mmrr score … | head</c> would score all the rest for nobody.</summary>
internal static class StandardOutput
{
    // EPIPE, which the runtime passes on as it is.
    private const int BrokenPipe = 32;

    /// <summary>The console's writer; for a pipe one that throws where nobody reads. Not on Windows.</summary>
    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.Out;
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // A file's place is shared with other programs (>> and the like), which the console's writer respects.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Whether that is what went wrong.</summary>
    public static bool IsUnread(IOException e) => e.HResult == BrokenPipe && !OperatingSystem.IsWindows();
}
