using System.Globalization;
using System.Text;
using Microsoft.VisualBasic.FileIO;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Evaluation;

/// <summary>The figures of a single level.</summary>
/// <param name="Level">μ.</param>
/// <param name="ImageAuroc">AUROC of the errors with refinement.</param>
/// <param name="ImageAurocWithoutRefinement">AUROC of the errors without refinement.</param>
internal sealed record LevelFigures(double Level, double ImageAuroc, double ImageAurocWithoutRefinement);

/// <summary>
/// The errors of the test images at each level, <c>levels.csv</c>: <c>image,label,defect_type</c>, then <c>error_μ</c> for each level and
/// <c>error_without_refinement_μ</c> for each level. A row's errors with refinement sum to its image's score by the paper's rule, those without to the
/// score without; for a tiled run they are those of the worst tile.
/// </summary>
internal static class LevelErrors
{
    private const string FileName = "levels.csv";
    private const string Refined = "error_";
    private const string Restored = "error_without_refinement_";

    /// <summary>Writes the file.</summary>
    /// <param name="run">The run.</param>
    /// <param name="levels">The levels.</param>
    /// <param name="scores">The scores of the test images.</param>
    public static void Write(RunFolder run, LevelSchedule levels, IReadOnlyList<TestScore> scores)
    {
        string[] names = [.. levels.Levels.ToArray().Select(Number)];
        var text = new StringBuilder("image,label,defect_type");
        foreach (string name in names) text.Append(',').Append(Refined).Append(name);
        foreach (string name in names) text.Append(',').Append(Restored).Append(name);
        foreach (var s in scores)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{CsvField.Quote(s.Sample.Name)},{(s.Sample.Abnormal ? 1 : 0)},{CsvField.Quote(s.Sample.Kind)}");
            foreach (float error in s.Score.RefinedErrors.Concat(s.Score.RestoredErrors)) text.Append(',').Append(Number(error));
        }
        text.Append('\n');
        AtomicFile.Write(run.PathOf(FileName), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Reads the file, and ranks the images by each level alone.</summary>
    /// <param name="run">The run.</param>
    /// <param name="levels">The levels that it must have.</param>
    /// <param name="images">The number of images that it must have.</param>
    /// <returns>By level; null where there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or for other images.</exception>
    public static IReadOnlyList<LevelFigures>? Read(RunFolder run, LevelSchedule levels, int images)
    {
        string path = run.PathOf(FileName);
        if (!File.Exists(path)) return null;
        try
        {
            using var parser = CsvField.Parser(File.OpenText(path));
            string[] header = parser.ReadFields() ?? [];
            var rows = new List<string[]>();
            while (parser.ReadFields() is { } row) rows.Add(row);
            if (rows.Count != images) throw new FormatException($"{rows.Count} images, expected {images}");
            bool[] abnormal = [.. rows.Select(row => row[1] switch
            {
                "0" => false,
                "1" => true,
                _ => throw new FormatException($"a label is '{row[1]}', expected 0 or 1")
            })];
            return [.. levels.Levels.ToArray().Select(level => new LevelFigures(level, Auroc(Refined + Number(level)), Auroc(Restored + Number(level))))];

            double Auroc(string name)
            {
                int column = Array.IndexOf(header, name);
                if (column < 0) throw new FormatException($"there is no column {name}");
                return RocCurve.Auroc(Ranking.Of([.. rows.Select(row => Ranking.Rank(double.Parse(row[column], CultureInfo.InvariantCulture)))], abnormal));
            }
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or MalformedLineException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: not the errors of an evaluation ({e.Message}); mmrr evaluate {run.Path} rewrites them", e);
        }
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
