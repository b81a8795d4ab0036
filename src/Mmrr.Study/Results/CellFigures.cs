using Mmrr.Nn;
using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Training.Baselines;
using Mmrr.Training.Evaluation;

namespace Mmrr.Study.Results;

/// <summary>The figures of a finished cell.</summary>
internal static class CellFigures
{
    /// <summary>A figure's name in tables.</summary>
    public static string NameOf(string figure) => figure switch
    {
        "image-auroc" => "image AUROC",
        "pixel-auroc" => "pixel AUROC",
        "aupro" => "AUPRO",
        _ => "average precision",
    };

    /// <summary>Reads every figure of a cell, by column and figure.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or has no figure of a column.</exception>
    public static IReadOnlyDictionary<(string Column, string Figure), double> Read(StudyFolder folder, Cell cell)
    {
        var found = new Dictionary<(string Column, string Figure), double>();
        if (cell.Method.IsBaselines)
        {
            string path = Path.Combine(folder.RunOf(cell), BaselineResult.FileName);
            var figures = BaselineResult.Read(path).Figures;
            foreach (string column in cell.Method.Columns)
            {
                found[(column, "image-auroc")] = figures.FirstOrDefault(f => f.Method == column)?.ImageAuroc
                    ?? throw new InvalidDataException(
                        $"{cell.Method.Place}: {path} has no simple method '{column}'; it has {string.Join(", ", figures.Select(f => f.Method))}");
            }
            return found;
        }
        var result = EvaluationResult.Find(folder.RunOf(cell))
            ?? throw new InvalidDataException($"{folder.RunOf(cell)}: it has no {EvaluationResult.FileName}");
        foreach (string column in cell.Method.Columns)
        {
            var (kind, rule) = StudyMethod.Parts(column);
            var figures = kind == StudyMethod.With ? result.WithRefinement : result.WithoutRefinement;
            if (rule is not null && rule != result.Rule.Name())
            {
                var other = result.OtherRules.FirstOrDefault(r => r.Rule.Name() == rule)
                    ?? throw new InvalidDataException($"{cell.Method.Place}: {folder.RunOf(cell)} has no figures by the rule {rule}");
                figures = kind == StudyMethod.With ? other.WithRefinement : other.WithoutRefinement;
            }
            found[(column, "image-auroc")] = figures.ImageAuroc.Value;
            found[(column, "average-precision")] = figures.AveragePrecision.Value;
            if (figures.PixelAuroc is { } pixel) found[(column, "pixel-auroc")] = pixel;
            if (figures.Aupro is { } aupro) found[(column, "aupro")] = aupro;
        }
        return found;
    }
}
