using System.Text;

namespace Mmrr.Nn.Checkpoints;

/// <summary>Replaces files atomically: a reader sees the old content or the new, never a part.</summary>
public static class AtomicFile
{
    private const string TemporaryEnding = ".tmp";

    // Limit for a name in bytes, so that the longer temporary name stays within the limit of file systems (255).
    private const int MostBytes = 230;

    // Held while temporary files are created, renamed or deleted, and forever after Abandon.
    private static readonly Lock s_gate = new();
    private static readonly HashSet<string> s_unfinished = [];

    /// <summary>
    /// Writes to a temporary file in the folder of <paramref name="path"/>, flushes it to disk and renames it over <paramref name="path"/>. If anything
    /// fails, the old file is unchanged and the temporary file is removed.
    /// </summary>
    /// <param name="path">The file to create or replace; its folder must exist.</param>
    /// <param name="write">Writes the content to the stream it is given; must not close it.</param>
    /// <exception cref="IOException">The file cannot be written or renamed.</exception>
    public static void Write(string path, Action<Stream> write) => WriteTogether([(path, write)]);

    /// <summary>
    /// The same for files that belong together: all temporary files are complete before the first is renamed, so that a full disk or a signal leaves
    /// all old files.
    /// </summary>
    /// <param name="files">Each file and what writes its content.</param>
    /// <exception cref="IOException">A file cannot be written or renamed.</exception>
    internal static void WriteTogether(IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        var written = new List<(string Temporary, string Target)>();
        try
        {
            foreach (var (path, write) in files)
            {
                ArgumentException.ThrowIfNullOrEmpty(path);
                ArgumentNullException.ThrowIfNull(write);
                string target = Path.GetFullPath(path);
                string folder = Path.GetDirectoryName(target) ?? throw new ArgumentException($"'{path}' is a root folder, not a file");
                string temporary = Path.Combine(folder, $"{TemporaryBeginning(target)}{Path.GetRandomFileName()}{TemporaryEnding}");
                written.Add((temporary, target));
                using var stream = Create(temporary);
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Finish(written, (temporary, target) => File.Move(temporary, target, overwrite: true));
        }
        catch
        {
            Finish(written, (temporary, _) => File.Delete(temporary));
            throw;
        }
    }

    /// <summary>
    /// Removes the temporary files of this process and blocks every thread that is about to create or rename one: the files being written keep their old
    /// content. For a process that has been asked to terminate and exits after this call.
    /// </summary>
    public static void Abandon()
    {
        s_gate.Enter();
        foreach (string temporary in s_unfinished)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Windows does not delete open files.
            }
        }
    }

    private static string TemporaryBeginning(string target)
    {
        string name = Path.GetFileName(target);
        if (Encoding.UTF8.GetByteCount(name) <= MostBytes) return $".{name}.";
        // The hash distinguishes names with the same beginning.
        return $".{name[..32]}.{Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(name)))}.";
    }

    private static FileStream Create(string temporary)
    {
        lock (s_gate)
        {
            var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            s_unfinished.Add(temporary);
            return stream;
        }
    }

    private static void Finish(List<(string Temporary, string Target)> written, Action<string, string> end)
    {
        lock (s_gate)
        {
            foreach (var (temporary, target) in written)
            {
                end(temporary, target);
                s_unfinished.Remove(temporary);
            }
        }
    }

    /// <summary>
    /// Deletes temporary files left by a process that was killed while writing <paramref name="path"/>. No other process may be writing the file.
    /// </summary>
    /// <param name="path">The path that was passed to <see cref="Write"/>.</param>
    public static void RemoveLeftovers(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = Path.GetFullPath(path);
        if (Path.GetDirectoryName(target) is not { } folder || !Directory.Exists(folder)) return;
        string beginning = TemporaryBeginning(target);
        foreach (string file in Directory.GetFiles(folder))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith(beginning, StringComparison.Ordinal) && name.EndsWith(TemporaryEnding, StringComparison.Ordinal)) File.Delete(file);
        }
    }
}
