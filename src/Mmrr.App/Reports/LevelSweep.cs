using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.App.Reports;

/// <summary>The figures for a number of mask levels spaced evenly from 0 to 1.</summary>
/// <param name="Levels">L.</param>
/// <param name="ImageAuroc">With refinement.</param>
/// <param name="ImageAurocWithoutRefinement">Without.</param>
internal sealed record SweepPoint(int Levels, double ImageAuroc, double ImageAurocWithoutRefinement);

/// <summary>
/// Image AUROC by the paper's rule against the number of mask levels (Figure 2 of the paper), on some of a run's test images. It is cached in the run as
/// <c>levels.json</c>, since it takes as much scoring as eight evaluations at 15 levels, and is reused as long as the weights and the scores of the run are
/// unchanged.
/// </summary>
/// <param name="Images">Test images scored.</param>
/// <param name="NormalImages">How many of them are normal.</param>
/// <param name="Of">SHA-256 over the checkpoints and <c>scores.csv</c>.</param>
/// <param name="Points">By number of levels.</param>
internal sealed record LevelSweep(int Images, int NormalImages, string Of, IReadOnlyList<SweepPoint> Points)
{
    private const string FileName = "levels.json";
    private const int CurrentFormat = 2;

    /// <summary>The number of the file's format; 0 in files of versions that wrote none.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    private static readonly int[] s_levels = [2, 3, 5, 8, 15, 30, 60];

    /// <summary>Reads the run's sweep.</summary>
    /// <param name="run">The run.</param>
    /// <param name="images">The number of test images that it must be based on.</param>
    /// <returns>Null where there is none, or only one for other weights, scores or images.</returns>
    public static LevelSweep? Find(RunFolder run, int images)
    {
        string path = run.PathOf(FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var sweep = RunJson.Read(path, File.ReadAllText(path), SweepJson.Default.LevelSweep, CurrentFormat);
            return sweep is { Points.Count: > 0 } && sweep.Images == images && sweep.Of == Fingerprint(run) ? sweep : null;
        }
        catch (JsonException)
        {
            return null; // it can be computed again
        }
    }

    /// <summary>Scores the images at every number of levels and keeps the result in the run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="model">Its model.</param>
    /// <param name="samples">Its test images.</param>
    /// <param name="images">The number of them to score, drawn by the run's seed, the kinds in proportion, as in <c>mmrr evaluate --limit</c>.</param>
    /// <param name="progress">Called with the share that is done.</param>
    public static LevelSweep Compute(RunFolder run, AnomalyModel model, IReadOnlyList<Sample> samples, int images, Action<double> progress)
    {
        Sample[] some = images >= samples.Count ? [.. samples] : [.. Sampling.Stratified(samples, images, run.Options.Seed).Select(i => samples[i])];
        bool[] abnormal = [.. some.Select(s => s.Abnormal)];
        PreparedImage[] prepared = [.. some.Select(s => s.Prepared)];
        long done = 0, all = (long)s_levels.Sum() * prepared.Length;
        var points = new List<SweepPoint>();
        foreach (int levels in s_levels)
        {
            var scores = new List<PreparedScore>();
            foreach (var chunk in prepared.Chunk(16))
            {
                scores.AddRange(TiledScoring.Score(model, chunk, new ScoreMethod(LevelSchedule.Uniform(levels), ScoreRule.Paper, null), maps: false));
                done += (long)levels * chunk.Length;
                progress((double)done / all);
            }
            double Auroc(Func<PreparedScore, double> score) => RocCurve.Auroc(Ranking.Of([.. scores.Select(s => Ranking.Rank(score(s)))], abnormal));
            points.Add(new SweepPoint(levels, Auroc(s => s.Paper.Refined), Auroc(s => s.Paper.Restored)));
        }
        var sweep = new LevelSweep(some.Length, abnormal.Count(a => !a), Fingerprint(run), points);
        if (!OutputPlace.IsWritable(run.Path)) return sweep;
        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(sweep, SweepJson.Default.LevelSweep) + "\n");
        AtomicFile.Write(run.PathOf(FileName), stream => stream.Write(json));
        return sweep;
    }

    private static string Fingerprint(RunFolder run)
    {
        var hash = new Sha256();
        foreach (string file in run.AnomalyMethod.Phases.Select(phase => phase.File).Append("scores.csv"))
        {
            using var stream = File.OpenRead(run.PathOf(file));
            hash.Append(Sha256.HashData(stream));
        }
        return Convert.ToHexStringLower(hash.Finish());
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LevelSweep))]
internal sealed partial class SweepJson : JsonSerializerContext;
