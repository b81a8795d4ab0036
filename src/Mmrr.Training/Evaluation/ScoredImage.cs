using System.Globalization;
using Microsoft.VisualBasic.FileIO;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Evaluation;

/// <summary>An image and its scores.</summary>
/// <param name="Name">Its name in the data set.</param>
/// <param name="Abnormal">Whether it is abnormal.</param>
/// <param name="Kind">Its defect or class.</param>
/// <param name="Score">The score with refinement.</param>
/// <param name="ScoreWithoutRefinement">The score without refinement.</param>
internal sealed record ScoredImage(string Name, bool Abnormal, string Kind, double Score, double ScoreWithoutRefinement)
{
    private const string FileName = "scores.csv";

    /// <summary>Reads a run's <c>scores.csv</c>, its columns by their names.</summary>
    /// <returns>Null where there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IReadOnlyList<ScoredImage>? Read(RunFolder run)
    {
        string path = run.PathOf(FileName);
        if (!File.Exists(path)) return null;
        try
        {
            using var parser = CsvField.Parser(File.OpenText(path));
            string[] header = parser.ReadFields() ?? [];
            int[] columns = [.. new[] { "image", "label", "defect_type", "score", "score_without_refinement" }.Select(name => Array.IndexOf(header, name))];
            if (columns.Contains(-1)) throw new FormatException("a column is missing");
            var images = new List<ScoredImage>();
            while (parser.ReadFields() is { } row)
            {
                double Number(int column) => double.Parse(row[columns[column]], CultureInfo.InvariantCulture);
                var image = new ScoredImage(row[columns[0]], row[columns[1]] == "1", row[columns[2]], Number(3), Number(4));
                if (row[columns[1]] is not ("0" or "1")) throw new FormatException($"the label of {image.Name} is '{row[columns[1]]}', expected 0 or 1");
                if (!double.IsFinite(image.Score) || !double.IsFinite(image.ScoreWithoutRefinement))
                    throw new FormatException($"a score of {image.Name} is not a finite number");
                images.Add(image);
            }
            if (!images.Exists(i => i.Abnormal) || images.TrueForAll(i => i.Abnormal)) throw new FormatException("the images are all of one kind");
            return images;
        }
        catch (Exception e) when (e is FormatException or IndexOutOfRangeException or MalformedLineException)
        {
            throw new InvalidDataException($"{path}: not the scores of an evaluation ({e.Message})", e);
        }
    }

    /// <summary>The normal images that a run was calibrated with.</summary>
    public static IReadOnlyList<ScoredImage> Of(IEnumerable<NormalScore> scores) =>
        [.. scores.Select(s => new ScoredImage(s.Image, false, "normal", s.Score, s.ScoreWithoutRefinement))];
}
