using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Evaluation;

namespace Mmrr.App.Reports;

/// <summary>The report of a run, one self-contained page.</summary>
internal static class RunReport
{
    /// <summary>Writes the page, replacing an existing file atomically.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="data">The contents of the run's files.</param>
    /// <param name="pictures">The pictures; null where they cannot be drawn.</param>
    /// <param name="sweep">AUROC by number of levels; null where it was not computed.</param>
    /// <param name="missing">Sentences on what the page lacks, and why.</param>
    public static void Save(string path, ReportData data, ReportPictures? pictures, LevelSweep? sweep, IReadOnlyList<string> missing)
    {
        // The name alone is often just "run".
        string title = string.Join('/', Path.GetFullPath(data.Run.Path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).TakeLast(2));
        var (options, method) = (data.Run.Options, data.Run.AnomalyMethod);
        var header = Html.Element(
            "header",
            Html.Element("h1", title),
            Html.Element(
                "p", $"{method.Title} trained on normal images",
                options.Normal.Length == 0 ? null : new object[] { " of ", Html.Element("strong", options.Normal) },
                Invariant($" ({options.Data}), {options.Model.Size} × {options.Model.Size} pixels, ")
                    + Invariant($"{(options.Model.Channels == 1 ? "grey" : "colour")}, preset {options.Preset}.")),
            data.Evaluation is null ? null : FigureSections.Headline(data.Evaluation),
            missing.Select(sentence => Html.Classed("p", "missing", sentence)));
        XElement?[] sections =
        [
            data.Evaluation is null ? null : Section(
                "Figures", FigureSections.Overall(data.Evaluation), FigureSections.OtherRules(data.Evaluation),
                FigureSections.Kinds(data.Evaluation), FigureSections.Note(data.Evaluation)),
            BaselineSection.Of(data),
            Scores(data),
            pictures is null ? null : Worst(data, pictures),
            pictures is not { Grids.Count: > 0 } || pictures.Grids[0].Grid.Rows.Count == 0 ? null : Grids(data, pictures),
            sweep is null && data.SingleLevels is null ? null : Levels(data.SingleLevels, sweep),
            Training(data),
            Section("Configuration", Configuration(data)),
            Section("Device and time", DeviceAndTime(data)),
        ];
        Html.Save(path, $"{title} – MMRR report", [header, Html.Element("main", sections)]);
    }

    private static XElement? Scores(ReportData data)
    {
        if (data.Scores is not { Count: > 0 } scores) return null;
        double? threshold = data.Decision?.Threshold;
        return Section(
            "Scores", Threshold(data),
            Html.Classed(
                "div", "plots", scores.Any(s => s.Abnormal) ? ScorePlots.Roc(scores, threshold, data.Run.AnomalyMethod.Refines) : null,
                ScorePlots.Histogram(scores, threshold)));
    }

    private static XElement Threshold(ReportData data) => Html.Element("p", data switch
    {
        { Calibration: null } => "The run has no threshold: its scores are raw.",
        { Decision: null, IsOfTheScores: true } =>
            Invariant($"The run's threshold was changed to {data.Calibration.Threshold:G5} after this evaluation: it is not shown. ")
            + Invariant($"mmrr evaluate {data.Run.Path} makes the figures anew."),
        { Decision: null } =>
            Invariant($"The run's threshold is for the rule {data.Calibration.Rule.Name()} at the levels {data.Calibration.Levels}, ")
            + Invariant($"but these scores are for {data.Evaluation!.Rule.Name()} at {data.Levels}: it is not shown."),
        { Calibration.FalseAlarm: { } rate } =>
            Invariant($"An image is called abnormal if its score is above {data.Calibration.Threshold:G5}: the rank for {rate * 100:0.###} % ")
            + Invariant($"false alarms among the scores of {data.Calibration.Images.Count()} normal images that were not trained on.")
            + (data.Calibration.Images.Count() < Calibrator.LeastImages(rate)
                ? $" They are too few for that rate, which needs {Calibrator.LeastImages(rate)}: the threshold lies above the largest."
                : ""),
        _ => Invariant($"An image is called abnormal if its score is above {data.Calibration.Threshold:G5}, which was set by hand."),
    });

    private static XElement Worst(ReportData data, ReportPictures pictures)
    {
        double? threshold = data.Decision?.Threshold;
        bool abnormal = pictures.Misses.Count > 0;
        return Section(
            abnormal ? "Worst misses and worst false alarms" : "Highest scores of normal images",
            Html.Classed(
                "p", "note",
                "x is the image as the model sees it, for a tiled run the whole image; "
                + "next to it is the score of each pixel, in one range of colours for all images; "
                + "pixels that score above all but a few normal pixels are outlined in cyan."),
            !abnormal ? null : Html.Element("h3", "Abnormal images that score lowest"),
            !abnormal ? null : PictureSections.Cards(pictures.Misses, threshold),
            !abnormal ? null : Html.Element("h3", "Normal images that score highest"),
            PictureSections.Cards(pictures.FalseAlarms, threshold));
    }

    private static XElement Grids(ReportData data, ReportPictures pictures) => Section(
        data.Run.AnomalyMethod.HasLevels ? "Level by level" : "Restored images",
        !data.Run.AnomalyMethod.HasLevels ? null : Html.Classed(
            "p", "note",
            "Figures 4 to 35 of the paper. e is the embedding, stretched from its smallest value (black) to its largest (white), over all channels. "
            + "At every level the mask m (black: noise, white: the embedding; the mean of its channels), ",
            "the restored image x̂ and the refined one x̂ + r, with the noise that the score was computed with."),
        pictures.Grids.Select(card => PictureSections.Grid(card, data.Decision?.Threshold)));

    private static XElement Levels(IReadOnlyList<LevelFigures>? single, LevelSweep? sweep) => Section(
        "Mask levels",
        Html.Classed(
            "p", "note", single is null ? null : "The AUROC of single levels shows which levels a score needs. ",
            sweep is null ? null : "Figure 2 of the paper is AUROC by the paper's rule against the number of levels, spread evenly from 0 to 1."),
        Html.Classed("div", "plots", single is null ? null : ScorePlots.SingleLevels(single), sweep is null ? null : ScorePlots.Levels(sweep)),
        sweep is null ? null : Html.Table(
            "Image AUROC by number of levels", ["levels", "with refinement", "without refinement"],
            sweep.Points.Select(p =>
                (IReadOnlyList<object?>)[Invariant($"{p.Levels}"), Html.Number(p.ImageAuroc, "F4"), Html.Number(p.ImageAurocWithoutRefinement, "F4")])));

    private static XElement Training(ReportData data) => data.History.Count == 0
        ? Section("Training", Html.Element("p", "No epoch is complete yet."))
        : Section("Training", Html.Classed("div", "plots", data.History.GroupBy(e => e.Phase).OrderBy(g => g.Key).Select(g =>
            TrainingPlots.Phase(data.Run.AnomalyMethod, [.. g]))));

    private static XElement Configuration(ReportData data)
    {
        using var document = JsonDocument.Parse(data.Run.Options.ToJson());
        return Html.Table("run.json", ["option", "value"], [.. Flat("", document.RootElement).Select(o => (IReadOnlyList<object?>)[o.Name, o.Value])]);

        static IEnumerable<(string Name, string Value)> Flat(string prefix, JsonElement element) =>
            element.EnumerateObject().SelectMany(p => p.Value.ValueKind switch
            {
                JsonValueKind.Object => Flat($"{prefix}{p.Name}.", p.Value),
                JsonValueKind.Array => [(prefix + p.Name, string.Join(", ", p.Value.EnumerateArray().Select(v => v.ToString())))],
                JsonValueKind.Null => [(prefix + p.Name, "–")],
                _ => [(prefix + p.Name, p.Value.ToString())],
            });
    }

    private static XElement DeviceAndTime(ReportData data)
    {
        var rows = new List<IReadOnlyList<object?>>();
        foreach (var phase in data.History.GroupBy(e => e.Phase).OrderBy(g => g.Key).Select(g => g.Last()))
            rows.Add([
                TrainingPlots.Name(data.Run.AnomalyMethod, phase.Phase),
                Invariant($"{phase.Epoch} epochs, {phase.Step} steps of {data.Run.Options.Batch}, {Time(phase.Seconds)}"),
                data.Run.Options.Device
            ]);
        if (data.Evaluation is { } e)
            rows.Add(["Evaluation", Invariant($"{e.Images} images, {e.Scoring}, {Time(e.Seconds)}"), e.Device]);
        if (data.HasModel)
        {
            string last = data.Run.PathOf(data.Run.AnomalyMethod.Phases[^1].File);
            rows.Add(["Weights written", Invariant($"{File.GetLastWriteTimeUtc(last):yyyy-MM-dd HH:mm} UTC"), ""]);
        }
        string version = typeof(RunReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        rows.Add(["Program", $"mmrr {version.Split('+')[0]}", ""]);
        return Html.Table("Duration and device of each step", ["", "what", "device"], rows);
    }

    private static string Time(double seconds) =>
        seconds < 120 ? Invariant($"{seconds:0.#} s") : seconds < 7200 ? Invariant($"{seconds / 60:0.#} minutes") : Invariant($"{seconds / 3600:0.#} hours");

    private static XElement Section(string title, params object?[] content) => Html.Element("section", Html.Element("h2", title), content);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
