using Mmrr.Study.Cells;
using Mmrr.Study.Files;

namespace Mmrr.Study.Results;

/// <summary>All figures of a study that there are.</summary>
internal sealed class StudyResults
{
    private readonly Dictionary<int, IReadOnlyDictionary<(string Column, string Figure), double>> _figures = [];

    /// <summary>Reads the finished cells.</summary>
    public StudyResults(StudyDefinition study, StudyFolder folder, IReadOnlyList<Cell> cells)
    {
        (Study, Folder, Cells) = (study, folder, cells);
        var problems = new List<string>();
        foreach (var cell in cells.Where(folder.IsDone))
        {
            try
            {
                _figures[cell.Index] = CellFigures.Read(folder, cell);
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                problems.Add(e.Message);
            }
        }
        Problems = problems;
    }

    /// <summary>The study.</summary>
    public StudyDefinition Study { get; }

    /// <summary>Its folder.</summary>
    public StudyFolder Folder { get; }

    /// <summary>Its cells.</summary>
    public IReadOnlyList<Cell> Cells { get; }

    /// <summary>Cells whose files cannot be read, one line each; they count as not done.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>The number of cells with figures.</summary>
    public int Done => _figures.Count;

    /// <summary>Cells with figures.</summary>
    public IEnumerable<Cell> DoneCells => Cells.Where(c => _figures.ContainsKey(c.Index));

    /// <summary>A figure of a cell; null where there is none.</summary>
    public double? Of(Cell cell, string column, string figure) =>
        _figures.TryGetValue(cell.Index, out var figures) && figures.TryGetValue((column, figure), out double value) ? value : null;

    /// <summary>The cells of a class and a method, by seed.</summary>
    public IEnumerable<Cell> CellsOf(StudyData data, string name, StudyMethod method) =>
        Cells.Where(c => ReferenceEquals(c.Data, data) && c.Class == name && ReferenceEquals(c.Method, method));
}
