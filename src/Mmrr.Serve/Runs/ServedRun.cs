namespace Mmrr.Serve.Runs;

/// <summary>
/// A run that is served: loaded at the start, and loaded again when its files have changed. A replacement that cannot be loaded leaves the old one in use.
/// </summary>
internal sealed class ServedRun : IDisposable
{
    private readonly ScoringDevices _devices;
    private readonly Lock _gate = new();
    private LoadedRun _current;
    private string _state, _seen;

    /// <summary>Loads a run.</summary>
    /// <param name="path">Its folder; the last part of its path is its name.</param>
    /// <param name="devices">The devices, which are shared.</param>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public ServedRun(string path, ScoringDevices devices)
    {
        Path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        Name = System.IO.Path.GetFileName(Path);
        _devices = devices;
        _state = _seen = RunFiles.State(Path);
        _current = LoadedRun.Load(Path, devices);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The folder's name.</summary>
    public string Name { get; }

    /// <summary>Why the files on disk are not those in use; null where they are.</summary>
    public string? Problem { get; private set; }

    /// <summary>How often it was loaded.</summary>
    public int Version { get; private set; } = 1;

    /// <summary>The run as it is now, for as long as the caller needs it: see <see cref="LoadedRun.Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">The service has ended.</exception>
    public LoadedRun Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(!_current.TryEnter(), this);
            return _current;
        }
    }

    /// <summary>Loads the run again where its files have changed, and have not changed since the call before.</summary>
    /// <returns>What happened, in one line; null where nothing did.</returns>
    public string? Refresh()
    {
        string now = RunFiles.State(Path), before = _seen;
        _seen = now;
        if (now == _state || now != before) return null;
        _state = now;
        try
        {
            var fresh = LoadedRun.Load(Path, _devices);
            if (RunFiles.State(Path) != now)
            {
                // Some of the files may be newer than the others: they are loaded when they rest.
                _state = "";
                fresh.Leave();
                return null;
            }
            LoadedRun old;
            lock (_gate) (old, _current) = (_current, fresh);
            old.Leave();
            Problem = null;
            Version++;
            return $"{Path}: the run was replaced; its files are in use now";
        }
#pragma warning disable CA1031 // Whatever is wrong with the files, the run from before stays in use.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Problem = e.Message.ReplaceLineEndings(" ");
            return $"{Path}: the files have changed and cannot be loaded, so the run from before stays in use: {Problem}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _current.Leave();
}
