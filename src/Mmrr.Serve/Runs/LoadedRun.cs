using Mmrr.Nn;
using Mmrr.Training.Runs;

namespace Mmrr.Serve.Runs;

/// <summary>A run in the device's memory. It is freed when it was replaced and the last image that was prepared for it is scored.</summary>
internal sealed class LoadedRun
{
    private readonly Lock _gate = new();
    private int _uses = 1;

    private LoadedRun(Scorer scorer, IReadOnlyList<Scorer> lanes, LevelSchedule levels, TrainingOptions options)
    {
        Scorer = scorer;
        Lanes = lanes;
        Levels = levels;
        Options = options;
    }

    /// <summary>The scorer of an image alone, on the whole device.</summary>
    public Scorer Scorer { get; }

    /// <summary>A scorer for each batch that is scored at the same time.</summary>
    public IReadOnlyList<Scorer> Lanes { get; }

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
    public static LoadedRun Load(string path, ScoringDevices devices)
    {
        var folder = RunFolder.Open(path);
        var levels = folder.Method(Calibration.Find(path)).Levels;
        var scorers = new List<Scorer>();
        try
        {
            foreach (var device in (IEnumerable<Device>)[devices.Whole, .. devices.Halves])
            {
                var scorer = Scorer.Load(path, device);
                scorers.Add(scorer);
                folder.CheckModel(scorer.Options);
                scorer.AllRules = false; // answers have the run's own
            }
            return new LoadedRun(scorers[0], scorers.Count > 1 ? scorers[1..] : scorers, levels, folder.Options);
        }
        catch
        {
            foreach (var scorer in scorers) scorer.Dispose();
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
        foreach (var lane in Lanes) lane.Dispose();
        Scorer.Dispose();
    }
}
