using System.Globalization;
using System.Text;
using Microsoft.VisualBasic.FileIO;
using Mmrr.Serve.Answers;
using Mmrr.Training.Data;

namespace Mmrr.Serve.Reviews;

/// <summary>
/// <c>reviews.csv</c>: a line for each decision of a person, only ever appended to. A line is written at once and flushed to disk, under a lock that also holds
/// between processes; a failed write is taken back, and a line that was cut by a loss of power is left as it is and skipped.
/// </summary>
internal sealed class ReviewFile(string path)
{
    private const string Header = "time,reviewer,image,sha256,score,threshold,decision,verdict";
    private const int Attempts = 50;
    private const int Pause = 20; // milliseconds

    /// <summary>Appends a line.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Append(Review review)
    {
        using var stream = Open(FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        long before = stream.Seek(0, SeekOrigin.End);
        try
        {
            stream.Write(new UTF8Encoding(false).GetBytes($"{Beginning(stream, before)}{Row(review)}\n"));
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            stream.SetLength(before);
            throw;
        }
    }

    /// <summary>All complete lines, in the order in which they were written.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public IReadOnlyList<Review> Read()
    {
        if (!File.Exists(path)) return [];
        var found = new List<Review>();
        using var stream = Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var lines = new StreamReader(stream, Encoding.UTF8);
        while (lines.ReadLine() is { } line)
        {
            if (Parse(line) is { } review) found.Add(review);
        }
        return found;
    }

    // While it is written, the whole file is locked for other processes.
    private FileStream Open(FileMode mode, FileAccess access, FileShare share)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, mode, access, share, bufferSize: 0);
            }
            catch (IOException) when (attempt < Attempts && File.Exists(path))
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private static string Beginning(FileStream stream, long length)
    {
        if (length == 0) return $"{Header}\n";
        stream.Position = length - 1;
        string end = stream.ReadByte() == '\n' ? "" : "\n";
        stream.Position = length;
        return end;
    }

    private static string Row(Review r) => string.Join(
        ',',
        r.Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture), CsvField.Quote(r.Reviewer), CsvField.Quote(r.Image), r.Sha256,
        r.Score.ToString("R", CultureInfo.InvariantCulture), r.Threshold?.ToString("R", CultureInfo.InvariantCulture) ?? "", r.Decision ?? "", r.Verdict);

    private static Review? Parse(string line)
    {
        string[]? f;
        try
        {
            using var parser = CsvField.Parser(new StringReader(line));
            f = parser.ReadFields();
        }
        catch (MalformedLineException)
        {
            return null;
        }
        const NumberStyles Number = NumberStyles.Float;
        var c = CultureInfo.InvariantCulture;
        bool whole = f is { Length: 8 } && f[3].Length == 64 && f[7] is "normal" or "anomalous";
        return whole && DateTimeOffset.TryParse(f![0], c, DateTimeStyles.AssumeUniversal, out var time) && double.TryParse(f[4], Number, c, out double score)
            ? new Review(
                time, f[1], f[2], f[3], score, double.TryParse(f[5], Number, c, out double threshold) ? threshold : null, f[6].Length > 0 ? f[6] : null, f[7])
            : null;
    }
}
