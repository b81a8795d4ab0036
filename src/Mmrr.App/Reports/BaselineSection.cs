using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Training.Baselines;

namespace Mmrr.App.Reports;

/// <summary>The figures of simple methods as a section of a page.</summary>
internal static class BaselineSection
{
    /// <summary>The section; null where <c>baselines.json</c> is not in the run.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static XElement? Of(ReportData data)
    {
        if (BaselineResult.Find(data.Run) is not { } result) return null;
        var rows = new List<IReadOnlyList<object?>>();
        if (data.Evaluation is { } e && e.Images == result.Images)
        {
            foreach (var (name, auroc) in e.Summary) rows.Add([name, Figure(auroc), Figure(null)]);
        }
        rows.AddRange(result.Figures.Select(f => (IReadOnlyList<object?>)[f.Method, Figure(f.ImageAuroc), Figure(f.NormalisedImageAuroc)]));
        string images = string.Create(CultureInfo.InvariantCulture, $"On {result.Images} test images ({result.NormalImages} normal)");
        return Html.Element(
            "section",
            Html.Element("h2", "Simple methods"),
            Html.Element("p", string.Create(
                CultureInfo.InvariantCulture, $"{images}, from {result.TrainingImages} normal images, {result.Size} × {result.Size} pixels.")),
            Html.Table("Image AUROC of simple methods, which take seconds", ["", "image AUROC", "normalised images"], rows),
            Html.Classed("p", "note", $"{BaselineResult.Normalised}; {BaselineResult.Shortcuts}."));

        static object Figure(double? value) => value is { } v ? Html.Number(v, "F4") : "–";
    }
}
