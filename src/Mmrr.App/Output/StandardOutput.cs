using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Mmrr.App.Output;

/// <summary>
/// Standard output and standard error. Both are UTF-8 in any locale, like file names on disk; only a Windows console keeps its own encoding. Standard error
/// has messages only, as does standard output with most commands, where it cannot fail the work, see <see cref="MessageWriter"/>.
/// </summary>
internal static class StandardOutput
{
    // EPIPE, which the runtime passes on unchanged.
    private const int BrokenPipe = 32;

    // A flag that Linux reports for an open file: the file is closed when a program is started, so the parent process cannot have opened it.
    private const int CloseOnExec = 0x80000;

    // Whether this process is the program; else a caller has given Console its writers, and they are used as they are.
    private static bool s_isPrepared;
    private static bool s_isClosed;

    /// <summary>Without a byte order mark, which some programs read as part of the first column.</summary>
    public static UTF8Encoding Utf8 { get; } = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether standard output is a terminal.</summary>
    public static bool IsTerminal => s_isPrepared && !SeparateOutput.IsActive && !Console.IsOutputRedirected;

    /// <summary>Whether standard error is a terminal.</summary>
    public static bool ErrorIsTerminal => s_isPrepared && !SeparateOutput.IsActive && !Console.IsErrorRedirected;

    /// <summary>Prepares both streams; called before anything is written.</summary>
    public static void Prepare()
    {
        s_isPrepared = true;
        s_isClosed = IsClosed(1);
        bool mute = IsClosed(2);
        // Changing the encoding makes the runtime reopen both streams.
        if (!OperatingSystem.IsWindows()) Console.OutputEncoding = Utf8;
        Console.SetError(mute ? TextWriter.Null : new MessageWriter(Redirected(Console.IsErrorRedirected, Console.OpenStandardError) ?? Console.Error, null));
        if (s_isClosed) Console.SetOut(new ClosedWriter("standard output"));
        else if (Redirected(Console.IsOutputRedirected, Console.OpenStandardOutput) is { } writer) Console.SetOut(writer);
    }

    /// <summary>Declares that this command writes only messages to standard output: write errors do not stop its work.</summary>
    public static void HasMessagesOnly()
    {
        if (s_isPrepared) Console.SetOut(new MessageWriter(s_isClosed ? new ClosedWriter("standard output") : Console.Out, "standard output"));
    }

    /// <summary>
    /// The console's writer; for a pipe, one that throws when the reader has gone (not on Windows). The console's own does not throw: <c>mmrr score … |
    /// head</c> would score all remaining images for no reader.
    /// </summary>
    public static TextWriter Open()
    {
        if (s_isClosed) return new ClosedWriter("standard output");
        if (!s_isPrepared || IsTerminal || OperatingSystem.IsWindows()) return Console.Out;
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // A file's position is shared with other programs (>> and the like), which the console's writer respects.
        return stream.CanSeek ? Console.Out : new StreamWriter(stream, Utf8) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Whether an exception means that the reader of a pipe has gone.</summary>
    public static bool IsUnread(Exception e) => e is IOException { HResult: BrokenPipe } && !OperatingSystem.IsWindows();

    private static StreamWriter? Redirected(bool redirected, Func<Stream> open) =>
        redirected && OperatingSystem.IsWindows() ? new StreamWriter(open(), Utf8) { AutoFlush = true } : null;

    /// <summary>
    /// Whether a stream was closed when the program started. Its file descriptor may since belong to another file, which must not be written to.
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
