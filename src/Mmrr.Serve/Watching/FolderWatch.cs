using Mmrr.Serve.Answers;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;

namespace Mmrr.Serve.Watching;

/// <summary>
/// Scores the images that arrive in a folder on the server, once each, and keeps the results of the last ones. A file is scored when it has not changed from
/// one look to the next. The folder is looked at again and again: notifications of file systems get lost, and network folders have none.
/// </summary>
internal sealed class FolderWatch
{
    /// <summary>The number of results that are kept.</summary>
    public const int Kept = 1000;

    // Images on their way to the device, so that they are scored together.
    private const int AtOnce = 8;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly string _folder;
    private readonly long _mostBytes;
    private readonly Func<byte[], CancellationToken, Task<ScoreAnswer>> _score;
    private readonly Action<string> _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Length, DateTime Time, bool Done)> _seen = [];
    private readonly Queue<WatchedImage> _results = new();
    private long _last;

    /// <summary>A watch, which begins with <see cref="Run"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="mostBytes">The most bytes of a file.</param>
    /// <param name="score">Scores a file.</param>
    /// <param name="log">Receives a line where the folder cannot be read.</param>
    public FolderWatch(string folder, long mostBytes, Func<byte[], CancellationToken, Task<ScoreAnswer>> score, Action<string> log)
    {
        _folder = folder;
        _mostBytes = mostBytes;
        _score = score;
        _log = log;
    }

    /// <summary>The results with numbers above one.</summary>
    public WatchedAnswer After(long number)
    {
        lock (_gate) return new WatchedAnswer(_last, [.. _results.Where(r => r.Number > number)]);
    }

    /// <summary>The path of a scored image; null where there is none of that number.</summary>
    public string? PathOf(long number)
    {
        lock (_gate) return _results.FirstOrDefault(r => r.Number == number) is { } image ? Path.Combine(_folder, image.Name) : null;
    }

    /// <summary>Watches until it is stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        string? problem = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop };
                await Parallel.ForEachAsync(Arrived(), options, async (name, end) => await Score(name, end));
                problem = null;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (e.Message != problem) _log($"{_folder}: cannot be watched: {e.Message}");
                problem = e.Message;
            }
#pragma warning disable CA1031 // Any exception: the next look must come.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _log($"internal error while {_folder} is watched: {e}");
            }
            await Task.Delay(s_pause, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>Files that are new or changed, and rest; the oldest first.</summary>
    private List<string> Arrived()
    {
        var now = ImageFolder.Files(_folder, new Omissions(), _ => { })
            .Select(name => (Name: name, File: new FileInfo(Path.Combine(_folder, name)))).Where(f => f.File.Exists).ToList();
        foreach (string gone in _seen.Keys.Except(now.Select(f => f.Name)).ToList()) _seen.Remove(gone);
        var rest = new List<(string Name, DateTime Time)>();
        foreach (var (name, file) in now)
        {
            bool same = _seen.TryGetValue(name, out var known) && known.Length == file.Length && known.Time == file.LastWriteTimeUtc;
            if (same && known.Done) continue;
            if (same) rest.Add((name, file.LastWriteTimeUtc));
            _seen[name] = (file.Length, file.LastWriteTimeUtc, Done: same);
        }
        return [.. rest.OrderBy(f => f.Time).ThenBy(f => f.Name, StringComparer.Ordinal).TakeLast(Kept).Select(f => f.Name)];
    }

    private async Task Score(string name, CancellationToken stop)
    {
        string path = Path.Combine(_folder, name);
        while (true)
        {
            try
            {
                if (RealPath.IsWithoutContent(path)) throw new RefusedException(422, ImageFile.NoContent);
                if (new FileInfo(path).Length > _mostBytes) throw new RefusedException(413, $"a file of more than {_mostBytes} bytes");
                Add(name, await _score(await File.ReadAllBytesAsync(path, stop), stop) with { Image = name }, null);
                return;
            }
            catch (RefusedException e) when (e.Status == 503)
            {
                await Task.Delay(s_pause, stop);
            }
            catch (Exception e) when (e is RefusedException or IOException or UnauthorizedAccessException)
            {
                Add(name, null, e.Message);
                return;
            }
#pragma warning disable CA1031 // Any exception: the other images must be scored.
            catch (Exception e) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                _log($"internal error while {path} is scored: {e}");
                Add(name, null, "an internal error; it is in the service's log");
                return;
            }
        }
    }

    private void Add(string name, ScoreAnswer? result, string? error)
    {
        lock (_gate)
        {
            _results.Enqueue(new WatchedImage(++_last, DateTimeOffset.UtcNow, name, result, error));
            if (_results.Count > Kept) _results.Dequeue();
        }
    }
}
