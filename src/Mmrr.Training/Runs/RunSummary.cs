using System.Globalization;
using System.Text.Json;

namespace Mmrr.Training.Runs;

/// <summary>The state of a run.</summary>
internal enum RunState
{
    /// <summary>A process is training it now.</summary>
    Training,

    /// <summary>Training stopped or was stopped before its end.</summary>
    Interrupted,

    /// <summary>All phases are finished.</summary>
    Trained,

    /// <summary>All phases are finished and the test set was scored.</summary>
    Evaluated,
}

/// <summary>A run's figures, as far as known.</summary>
/// <param name="State">Its state.</param>
/// <param name="Steps">Saved steps of all phases.</param>
/// <param name="Minutes">Training time so far.</param>
/// <param name="Auroc">Image AUROC; null before an evaluation.</param>
/// <param name="AurocWithoutRefinement">The same without refinement.</param>
/// <param name="Begun">When the run was created.</param>
internal sealed record RunSummary(RunState State, long Steps, double Minutes, double? Auroc, double? AurocWithoutRefinement, DateTime Begun)
{
    /// <summary>Reads a run's files.</summary>
    /// <exception cref="InvalidDataException">One of them is damaged.</exception>
    public static RunSummary Of(RunFolder run)
    {
        var (steps, seconds) = Progress(run);
        var (auroc, without) = Figures(run.PathOf("evaluation.json"));
        var state = run.IsFinished ? auroc is null ? RunState.Trained : RunState.Evaluated : run.IsLocked ? RunState.Training : RunState.Interrupted;
        return new RunSummary(state, steps, seconds / 60, auroc, without, File.GetLastWriteTime(run.PathOf(RunFolder.ConfigurationFile)));
    }

    private static (long Steps, double Seconds) Progress(RunFolder run)
    {
        if (Position(run) is { } position)
        {
            TrainingEpoch[] before = [.. position.History.Where(e => e.Phase != position.Phase).GroupBy(e => e.Phase).Select(phase => phase.Last())];
            return (before.Sum(e => e.Step) + position.Step, before.Sum(e => e.Seconds) + position.Seconds);
        }
        TrainingEpoch[] ends = [.. TrainingHistory.Read(run.PathOf(TrainingHistory.FileName)).GroupBy(e => e.Phase).Select(phase => phase.Last())];
        return (ends.Sum(e => e.Step), ends.Sum(e => e.Seconds));
    }

    private static TrainingPosition? Position(RunFolder run)
    {
        string path = run.PathOf(TrainingState.FileName);
        if (!File.Exists(path)) return null;
        try
        {
            return TrainingState.ReadPosition(path);
        }
        catch (FileNotFoundException)
        {
            return null; // the run was finished meanwhile
        }
    }

    private static (double? Auroc, double? Without) Figures(string path)
    {
        if (!File.Exists(path)) return (null, null);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            var (auroc, without) = (
                document.RootElement.GetProperty("imageAuroc").GetDouble(),
                document.RootElement.GetProperty("imageAurocWithoutRefinement").GetDouble());
            return double.IsFinite(auroc) && double.IsFinite(without) ? (auroc, without) : throw new FormatException("an AUROC is not a finite number");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: not the figures of an evaluation ({e.Message.ReplaceLineEndings(" ")})", e);
        }
    }

    /// <summary>The state as one word.</summary>
    public string StateName => State.ToString().ToLower(CultureInfo.InvariantCulture);
}
