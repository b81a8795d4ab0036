using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mmrr.App.Output;

/// <summary>
/// Standard output and standard error. Whatever the locale, both are UTF-8, which the names of files on disk are as well; only a console of Windows keeps its
/// own encoding. Standard error has messages only, and so has standard output with most commands: then it cannot fail the work, see
/// <see cref="MessageWriter"/>.
/// </summary>
internal static class StandardOutput
{
    // EPIPE, which the runtime passes on as it is.
    private const int BrokenPipe = 32;

    // Of the flags that Linux tells of an open file: it goes when another program is started, so that whoever started this one cannot have opened it.
    private const int CloseOnExec = 0x80000;

    private static bool s_isClosed;

    /// <summary>Without the mark in front that some programs take for a part of the first column.</summary>
    public static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Makes both streams what they are here; to be called before anything is written.</summary>
    public static void Prepare()
    {
        s_isClosed = IsClosed(1);
        bool mute = IsClosed(2);
        // Another encoding makes the runtime open both streams anew.
        if (!OperatingSystem.IsWindows()) Console.OutputEncoding = Utf8;
        Console.SetError(mute ? TextWriter.Null : new MessageWriter(Redirected(Console.IsErrorRedirected, Console.OpenStandardError) ?? Console.Error, null));
        if (s_isClosed) Console.SetOut(new ClosedWriter("standard output"));
        else if (Redirected(Console.IsOutputRedirected, Console.OpenStandardOutput) is { } writer) Console.SetOut(writer);
    }

    /// <summary>Says that what this command writes to standard output are messages: where they cannot be written, its work is done all the same.</summary>
    public static void HasMessagesOnly() =>
        Console.SetOut(new MessageWriter(s_isClosed ? new ClosedWriter("standard output") : Console.Out, "standard output"));

    /// <summary>
    /// The console's writer; for a pipe one that throws where nobody reads. Not on Windows. The console's own does not: <c>mmrr score … | head</c> would
    /// score all the rest for nobody.
    /// </summary>
    public static TextWriter Open()
    {
        if (s_isClosed) return new ClosedWriter("standard output");
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected) return Console.Out;
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // A file's place is shared with other programs (>> and the like), which the console's writer respects.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream, Utf8) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Whether that is what went wrong.</summary>
    public static bool IsUnread(Exception e) => e is IOException { HResult: BrokenPipe } && !OperatingSystem.IsWindows();

    private static StreamWriter? Redirected(bool redirected, Func<Stream> open) =>
        redirected && OperatingSystem.IsWindows() ? new StreamWriter(open(), Utf8) { AutoFlush = true } : null;

    /// <summary>
    /// Whether a stream was closed when the program was started. Its number may be that of another file since then, which must not be written to.
    /// </summary>
    private static bool IsClosed(int number)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo")) return false;
        try
        {
            string flags = File.ReadLines($"/proc/self/fdinfo/{number}").First(line => line.StartsWith("flags:", StringComparison.Ordinal))[6..].Trim();
            return (Convert.ToInt64(flags, 8) & CloseOnExec) != 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return true;
        }
    }
}
