using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports.Charts;
using Mmrr.Nn;
using Mmrr.Training.Runs;

namespace Mmrr.App.Reports;

/// <summary>Plots of a training: the losses of a phase, and the learning rate below them.</summary>
internal static class TrainingPlots
{
    /// <summary>A phase's name.</summary>
    public static string Name(AnomalyMethod method, int phase) =>
        phase <= method.Phases.Count ? $"Phase {phase}: {method.Phases[phase - 1].Name}" : $"Phase {phase}";

    /// <summary>The plots of one phase.</summary>
    /// <param name="method">The run's method.</param>
    /// <param name="epochs">Its epochs, at least one.</param>
    public static XElement Phase(AnomalyMethod method, IReadOnlyList<TrainingEpoch> epochs)
    {
        TrainingEpoch last = epochs[^1], best = epochs.Where(e => e.ValidationLoss is not null).MinBy(e => e.ValidationLoss) ?? last;
        (double Step, double Loss)[] validated = [.. epochs.Where(e => e.ValidationLoss is not null).Select(e => ((double)e.Step, e.ValidationLoss!.Value))];
        double[] losses = [.. epochs.Select(e => e.TrainingLoss).Concat(validated.Select(e => e.Loss)).Where(l => l > 0)];
        if (losses.Length == 0) losses = [1];
        // A training loss is the mean over its epoch and a validation loss that of the epoch's end; both are drawn at the end.
        Axis Steps() => Axis.Linear("step", 0, last.Step);
        var loss = new Plot(Steps(), Axis.Logarithmic("loss (logarithmic)", losses.Min(), losses.Max()))
            .Line(epochs.Select(e => ((double)e.Step, e.TrainingLoss)), "second", "training")
            .Line(validated, "first", "validation");
        var rates = new Plot(Steps(), Axis.Logarithmic("rate", epochs.Min(e => e.LearningRate), epochs.Max(e => e.LearningRate)), height: 130)
            .Line(Stairs(epochs), "rate", "learning rate");
        string lowest = validated.Length == 0
            ? "not validated yet"
            : Invariant($"lowest validation loss {best.ValidationLoss:G4} at step {best.Step}, whose weights are kept");
        return Html.Element(
            "div",
            Html.Element("h3", Name(method, last.Phase)),
            loss.ToFigure(Invariant($"Losses of {epochs.Count} epochs, {last.Step} steps: {lowest}; the last training loss is {last.TrainingLoss:G4}.")),
            rates.ToFigure(
                Invariant($"Learning rate: {epochs[0].LearningRate:G3} at the start, {last.LearningRate:G3} at the end."),
                Invariant($"{epochs.Count} epochs, {last.Step} steps, {last.Seconds:0} s; {lowest}.")));
    }

    private static IEnumerable<(double X, double Y)> Stairs(IReadOnlyList<TrainingEpoch> epochs)
    {
        double from = 0;
        foreach (var epoch in epochs)
        {
            yield return (from, epoch.LearningRate);
            yield return (epoch.Step, epoch.LearningRate);
            from = epoch.Step;
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
