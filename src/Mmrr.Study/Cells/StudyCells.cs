using Mmrr.Study.Files;

namespace Mmrr.Study.Cells;

/// <summary>The cells of a study: the product of its data, classes, seeds and methods.</summary>
internal static class StudyCells
{
    /// <summary>
    /// All cells. Seeds change slowest, so that a study that is stopped has whole tables of fewer seeds; then classes, then methods.
    /// </summary>
    /// <exception cref="InvalidDataException">Two cells have the same options; the message has both lines.</exception>
    public static IReadOnlyList<Cell> Of(StudyDefinition study)
    {
        var cells = new List<Cell>();
        var report = study.Report is { } options ? StudyFile.Arguments(options) : null;
        var known = new Dictionary<string, (Cell Cell, string Place)>();
        foreach (long seed in study.Seeds)
        {
            foreach (var data in study.Data)
            {
                foreach (var (name, place) in data.Classes)
                {
                    foreach (var method in study.Methods)
                    {
                        var cell = new Cell(cells.Count, data, name, method, seed, method.IsBaselines ? null : report);
                        if (!known.TryAdd(cell.Name, (cell, place))) throw Alike(study, known[cell.Name], (cell, place));
                        cells.Add(cell);
                    }
                }
            }
        }
        return cells;
    }

    private static InvalidDataException Alike(StudyDefinition study, (Cell Cell, string Place) first, (Cell Cell, string Place) second)
    {
        string what = first.Cell.Method.Name != second.Cell.Method.Name
            ? $"{second.Cell.Method.Place}: {second.Cell.Method.Name} has the same options as {first.Cell.Method.Name} at {first.Cell.Method.Place}"
            : study.Seeds.Count(s => s == second.Cell.Seed) > 1 ? $"{study.Path}: the seed {second.Cell.Seed} is given twice"
            : $"{second.Place}: {(second.Cell.Class.Length > 0 ? $"the class {second.Cell.Class}" : "the data")} is given twice; the first is at {first.Place}";
        return new InvalidDataException($"{what}: two cells are alike ({second.Cell.Title})");
    }
}
