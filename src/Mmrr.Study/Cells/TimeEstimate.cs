using System.Globalization;

namespace Mmrr.Study.Cells;

/// <summary>
/// How long cells take: where cells of the same method on the same data are finished, the mean of theirs; else what the study states, or, with
/// <c>minutes</c> among the options, these and a tenth for the evaluation.
/// </summary>
internal sealed class TimeEstimate
{
    private readonly Dictionary<(string Kind, string Root, string Method), double> _measured;

    /// <summary>Reads the times of the finished cells.</summary>
    public TimeEstimate(StudyFolder folder, IReadOnlyList<Cell> cells) =>
        _measured = cells
            .Select(cell => (Key: Key(cell), Minutes: Minutes(folder, cell)))
            .Where(found => found.Minutes is not null)
            .GroupBy(found => found.Key)
            .ToDictionary(group => group.Key, group => group.Average(found => found.Minutes!.Value));

    /// <summary>Minutes of a cell.</summary>
    public double Of(Cell cell) => _measured.TryGetValue(Key(cell), out double minutes) ? minutes : Stated(cell);

    /// <summary>Minutes of a cell, without what was measured.</summary>
    public static double Stated(Cell cell)
    {
        string? budget = cell.Method.TrainOptions(cell.Data).GetValueOrDefault("minutes")?.Value;
        return budget is null ? cell.Method.Minutes : Math.Max(cell.Method.Minutes, double.Parse(budget, CultureInfo.InvariantCulture) * 1.1);
    }

    private static double? Minutes(StudyFolder folder, Cell cell)
    {
        try
        {
            return folder.MinutesOf(cell);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null; // mmrr study table names it
        }
    }

    private static (string Kind, string Root, string Method) Key(Cell cell) => (cell.Data.Kind, cell.Data.Root, cell.Method.Name);
}
