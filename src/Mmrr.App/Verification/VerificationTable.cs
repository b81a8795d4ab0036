using System.Globalization;
using System.Text;

namespace Mmrr.App.Verification;

/// <summary>A report in Markdown.</summary>
internal static class VerificationTable
{
    private const string Missing = "-";

    /// <summary>The whole file.</summary>
    public static string Text(VerificationReport report)
    {
        var text = new StringBuilder();
        Line(text, $"# Verification of MMRR {report.Version} on {report.Description}");
        Line(text, $"");
        Line(
            text,
            $"{report.Date:yyyy-MM-dd HH:mm} UTC, device `{report.Device}`, ",
            $"{(report.Driver is { } driver ? $"NVIDIA driver {driver}" : "no NVIDIA driver")}, ",
            $"{(report.PyTorch is { } torch ? $"PyTorch {torch}" : "no PyTorch to compare with")}.");
        if (!report.Gpu) Line(text, $"**Nothing here was taken on a GPU.**");
        if (report.Quick) Line(text, $"**A quick run on tiny shapes: it shows that everything runs; the figures say nothing about speed.**");
        Outcomes(text, report);
        Timings(text, report);
        Training(text, report);
        foreach (var (precision, compared) in report.Software) Software(text, precision, compared);
        foreach (var (precision, lines) in report.Profiles)
        {
            Line(text, $"");
            Line(text, $"## Profile, {precision}");
            Line(text, $"");
            Line(text, $"```");
            foreach (string line in lines) Line(text, $"{line}");
            Line(text, $"```");
        }
        return text.ToString();
    }

    private static void Outcomes(StringBuilder text, VerificationReport report)
    {
        if (report.Tests.Count > 0)
        {
            Line(text, $"");
            Line(text, $"| tests | passed | failed | skipped | seconds |");
            Line(text, $"|---|---|---|---|---|");
            foreach (var test in report.Tests) Line(text, $"| {test.Project} | {test.Passed} | {test.Failed} | {test.Skipped} | {test.Seconds:F0} |");
        }
        if (report.Failures.Count == 0) return;
        Line(text, $"");
        Line(text, $"Failed:");
        Line(text, $"");
        foreach (string failure in report.Failures) Line(text, $"- {failure}");
    }

    private static void Timings(StringBuilder text, VerificationReport report)
    {
        if (report.Figures.Count == 0) return;
        Line(text, $"");
        Line(
            text,
            $"Medians of all rounds. ",
            $"A ratio is the speed relative to PyTorch: float32 against its float32, tf32 against its tf32 in channels-last, in the same run.");
        Line(text, $"");
        Line(text, $"| case | figure | mmrr float32 | PyTorch float32 | ratio | mmrr tf32 | PyTorch tf32 | ratio |");
        Line(text, $"|---|---|---|---|---|---|---|---|");
        foreach (var figure in report.Figures)
        {
            string tf32 = report.WhyNoTf32 ?? Median(figure, Measurements.Tf32);
            Line(
                text,
                $"| {figure.Case} | {figure.Figure} | {Median(figure, Measurements.Float32)} | {Median(figure, Measurements.PyTorchFloat32)} | ",
                $"{Ratio(figure.RatioFloat32)} | {tf32} | ",
                $"{Median(figure, Measurements.PyTorchTf32)} | {Ratio(figure.RatioTf32)} |");
        }
    }

    private static void Software(StringBuilder text, string precision, SoftwareComparison compared)
    {
        Line(text, $"");
        Line(text, $"## Beside the software card `{compared.Software}`, {precision}");
        Line(text, $"");
        Line(text, $"Each operation of a small model's steps, from the same inputs; differences in units of the largest value that a call wrote.");
        Line(text, $"");
        Line(text, $"| operation | calls | values | same bits | largest difference |");
        Line(text, $"|---|---|---|---|---|");
        foreach (var one in compared.Operations)
            Line(text, $"| {one.Operation} | {one.Calls} | {one.Values} | {one.SameBits / (double)Math.Max(1, one.Values):P2} | {one.LargestDifference:E1} |");
        Line(text, $"");
        Line(text, $"Instructions of warps in PTX; a GPU counts none without NVIDIA's profiler, and its own instructions are those of SASS.");
        Line(text, $"");
        Line(text, $"| kernel | predicted | counted |");
        Line(text, $"|---|---|---|");
        foreach (var one in compared.Kernels)
            Line(text, $"| `{one.Kernel}` | {one.Predicted} | {one.Counted?.ToString(CultureInfo.InvariantCulture) ?? Missing} |");
    }

    private static void Training(StringBuilder text, VerificationReport report)
    {
        if (report.Training is not { } training) return;
        Line(text, $"");
        Line(text, $"## Training");
        Line(text, $"");
        Line(text, $"`{training.Command}`");
        Line(text, $"");
        Line(text, $"| minutes allowed | seconds taken | steps of restoration, refinement | levels | images | image AUROC | without refinement |");
        Line(text, $"|---|---|---|---|---|---|---|");
        double Number(string name) => training.Evaluation.GetProperty(name).GetDouble();
        Line(
            text,
            $"| {training.Minutes} | {training.TrainingSeconds:F0} | {string.Join(", ", training.Steps)} | {training.Evaluation.GetProperty("levels")} | ",
            $"{Number("images")} | {Number("imageAuroc"):F4} | {Number("imageAurocWithoutRefinement"):F4} |");
    }

    private static string Median(ReportedFigure figure, string engine) =>
        figure.Medians.TryGetValue(engine, out double median) ? median.ToString(median < 10 ? "F3" : "F1", CultureInfo.InvariantCulture) : Missing;

    private static string Ratio(double? ratio) => ratio is { } value ? value.ToString("F2", CultureInfo.InvariantCulture) : Missing;

    // A line of one or more parts.
    private static void Line(StringBuilder text, params FormattableString[] parts) =>
        text.Append(string.Concat(Array.ConvertAll(parts, part => part.ToString(CultureInfo.InvariantCulture)))).Append('\n');
}
