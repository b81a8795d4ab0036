using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;
using Mmrr.Training.Runs;

namespace Mmrr.Study.Results;

/// <summary>The difference of two columns in image AUROC.</summary>
/// <param name="Head">Which.</param>
/// <param name="Rows">By class: its label and the difference; null where cells are missing.</param>
/// <param name="Mean">That of the mean over the classes that have one; null where none has.</param>
internal sealed record Difference(string Head, IReadOnlyList<(string Label, Estimate? Value)> Rows, Estimate? Mean);

/// <summary>Differences between the columns of a study with paired intervals.</summary>
internal static class Differences
{
    /// <summary>
    /// Each method with its own column without refinement, and with the first method: of those columns the last, by the runs' own rules. Simple methods have
    /// no scores of single images.
    /// </summary>
    /// <param name="results">The figures.</param>
    /// <param name="problem">Called with what cannot be compared, one line each.</param>
    public static IReadOnlyList<Difference> Of(StudyResults results, Action<string> problem)
    {
        StudyMethod[] methods = [.. results.Study.Methods.Where(m => !m.IsBaselines)];
        var pairs = new List<((StudyMethod Method, string Column) First, (StudyMethod Method, string Column) Second)>();
        foreach (var method in methods)
        {
            if (method.OwnColumns.Count == 2) pairs.Add(((method, StudyMethod.With), (method, StudyMethod.Without)));
        }
        foreach (var method in methods.Skip(1))
            pairs.Add(((method, method.OwnColumns[^1]), (methods[0], methods[0].OwnColumns[^1])));
        return [.. pairs.Select(p => Of(results, p.First, p.Second, problem))];
    }

    private static Difference Of(
        StudyResults results, (StudyMethod Method, string Column) first, (StudyMethod Method, string Column) second, Action<string> problem)
    {
        var rows = new List<(string Label, Estimate? Value)>();
        var found = new List<(int Row, IReadOnlyList<ScorePair> Pairs)>();
        foreach (var data in results.Study.Data)
        {
            foreach (var (name, _) in data.Classes)
            {
                var pairs = new List<ScorePair>();
                foreach (long seed in results.Study.Seeds)
                {
                    Cell One(StudyMethod method) => results.CellsOf(data, name, method).Single(c => c.Seed == seed);
                    var (a, b) = (One(first.Method), One(second.Method));
                    if (results.Of(a, first.Column, "image-auroc") is null || results.Of(b, second.Column, "image-auroc") is null) continue;
                    try
                    {
                        pairs.Add(new ScorePair(Scores(results.Folder, a, first.Column), Scores(results.Folder, b, second.Column)));
                    }
                    catch (Exception e) when (e is InvalidDataException or IOException)
                    {
                        problem(e.Message);
                    }
                    catch (ArgumentException)
                    {
                        problem($"{a.Title} and {b.Title} were scored on different images: their difference is left out");
                    }
                }
                if (pairs.Count > 0) found.Add((rows.Count, pairs));
                rows.Add((results.Study.LabelOf(data, name), null));
            }
        }
        string head = $"{first.Method.HeadOf(first.Column)} − {second.Method.HeadOf(second.Column)}";
        if (found.Count == 0) return new Difference(head, rows, null);
        var (classes, mean) = PairedBootstrap.Estimate([.. found.Select(f => f.Pairs)]);
        for (int i = 0; i < found.Count; i++) rows[found[i].Row] = (rows[found[i].Row].Label, classes[i]);
        return new Difference(head, rows, mean);
    }

    private static List<(ScoredImage Image, double Score)> Scores(StudyFolder folder, Cell cell, string column)
    {
        var images = ScoredImage.Read(RunFolder.Open(folder.RunOf(cell))) ?? throw new InvalidDataException($"{folder.RunOf(cell)}: it has no scores.csv");
        return [.. images.Select(i => (i, column == StudyMethod.With ? i.Score : i.ScoreWithoutRefinement))];
    }
}
