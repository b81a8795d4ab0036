using Mmrr.Serve.Answers;
using Mmrr.Serve.Batching;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Metrics;
using Mmrr.Serve.Reviews;
using Mmrr.Serve.Runs;
using Mmrr.Serve.Watching;

namespace Mmrr.Serve.Http;

/// <summary>A run with what belongs to it.</summary>
/// <param name="Run">The run.</param>
/// <param name="Reviews">Its reviews.</param>
/// <param name="Watch">The folder that is watched for it; null where none is.</param>
internal sealed record RunPlace(ServedRun Run, ReviewBook Reviews, FolderWatch? Watch);

/// <summary>What the answers to requests are made from.</summary>
/// <param name="Runs">The runs by name.</param>
/// <param name="Queue">The queue.</param>
/// <param name="Pictures">Scores files.</param>
/// <param name="Memory">Bytes of bodies and prepared images.</param>
/// <param name="Limits">The limits.</param>
/// <param name="Metrics">The counts.</param>
/// <param name="Device">The device's name and description.</param>
/// <param name="Log">Receives a line for each event.</param>
internal sealed record ServiceState(
    IReadOnlyDictionary<string, RunPlace> Runs, ScoreQueue Queue, PictureScorer Pictures, Room Memory, ServiceLimits Limits, ServiceMetrics Metrics,
    string Device, Action<string> Log)
{
    /// <summary>The run of a name.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public RunPlace Find(string name) => Runs.TryGetValue(name, out var place) ? place
        : throw new RefusedException(404, $"no run '{name}' is served here; there {(Runs.Count == 1 ? "is" : "are")} {string.Join(", ", Runs.Keys)}");
}

/// <summary>Answers from scores.</summary>
internal static class ScoreAnswers
{
    /// <summary>The answer for a picture.</summary>
    public static ScoreAnswer Of(LoadedRun run, ScoredPicture picture, string? name)
    {
        var score = picture.Score;
        return new ScoreAnswer(
            name, score.Score, score.ScoreWithoutRefinement, run.Calibration?.Threshold, score.Anomalous,
            score.Rule.ToString().ToLowerInvariant(), score.MaxPixelScore, picture.Width, picture.Height, score.ClippedPixels, picture.Hash,
            Math.Round(picture.Time.TotalMilliseconds, 3));
    }
}
