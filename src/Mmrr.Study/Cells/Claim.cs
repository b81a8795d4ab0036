using System.Globalization;
using System.Text;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;

namespace Mmrr.Study.Cells;

/// <summary>
/// A cell taken by this process: an exclusive lock on an open file, which the system releases when the process ends in any way. The file stays: if it were
/// deleted, one process could lock the deleted file and another a new one.
/// </summary>
internal sealed class Claim : IDisposable
{
    // A process that only looks holds the lock for a moment.
    private const int Attempts = 5;
    private const int Pause = 20; // milliseconds

    // EAGAIN on Linux and macOS, ERROR_SHARING_VIOLATION on Windows.
    private static readonly int[] s_taken = [11, 35, 32];

    private readonly FileStream _stream;

    private Claim(FileStream stream) => _stream = stream;

    // A locked file cannot be read: who holds it stands beside it.
    private static string SignatureOf(string path) => Path.ChangeExtension(path, ".holder");

    /// <summary>Takes a cell.</summary>
    /// <param name="path">Its lock file; the folder must exist.</param>
    /// <returns>Null where another process holds it.</returns>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static Claim? Take(string path)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
                var claim = new Claim(stream);
                try
                {
                    Sign(path);
                    return claim;
                }
                catch
                {
                    claim.Dispose();
                    throw;
                }
            }
            catch (IOException e) when (s_taken.Contains(e.HResult & 0xFFFF))
            {
                if (attempt == Attempts) return null;
                Thread.Sleep(Pause);
            }
            catch (UnauthorizedAccessException)
            {
                throw new UsageException($"{path}: cannot be written: running a cell needs write permission");
            }
        }
    }

    /// <summary>The process that holds a cell, as text; null where none does.</summary>
    public static string? Holder(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Signature(path);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static void Sign(string path)
    {
        string text = string.Create(
            CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName} since {DateTime.UtcNow:yyyy-MM-dd HH:mm:ss} UTC\n");
        AtomicFile.Write(SignatureOf(path), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    private static string Signature(string path)
    {
        try
        {
            return File.ReadAllText(SignatureOf(path)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "a process";
        }
    }
}
