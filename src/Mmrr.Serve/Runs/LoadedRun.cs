using Mmrr.Nn;
using Mmrr.Training.Runs;

namespace Mmrr.Serve.Runs;

/// <summary>A run in the device's memory. It is freed when it was replaced and the last image that was prepared for it is scored.</summary>
internal sealed class LoadedRun
{
    private readonly Lock _gate = new();
    private int _uses = 1;

    private LoadedRun(Scorer scorer, LevelSchedule levels, TrainingOptions options)
    {
        Scorer = scorer;
        Levels = levels;
        Options = options;
    }

    /// <summary>The scorer.</summary>
    public Scorer Scorer { get; }

    /// <summary>The levels of all scores, as <c>mmrr score</c> chooses them.</summary>
    public LevelSchedule Levels { get; }

    /// <summary>The run's configuration.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The threshold; null where the run has none for its levels and rule.</summary>
    public Calibration? Calibration => Scorer.Method.At(Levels).Decision(Scorer.Calibration);

    /// <summary>When it was loaded.</summary>
    public DateTimeOffset Loaded { get; } = DateTimeOffset.UtcNow;

    /// <summary>Loads a run.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or belongs to another run.</exception>
    public static LoadedRun Load(string path, Device device)
    {
        var folder = RunFolder.Open(path);
        var levels = folder.Method(Calibration.Find(path)).Levels;
        var scorer = Scorer.Load(path, device);
        try
        {
            folder.CheckModel(scorer.Options);
            return new LoadedRun(scorer, levels, folder.Options);
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the run loaded until <see cref="Leave"/>; false where it is freed already.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_uses == 0) return false;
            _uses++;
            return true;
        }
    }

    /// <summary>Ends a use; the one that it began with ends when the run is replaced.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_uses > 0) return;
        }
        Scorer.Dispose();
    }
}
