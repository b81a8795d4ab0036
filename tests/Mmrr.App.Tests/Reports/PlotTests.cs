using System.Globalization;
using System.Xml.Linq;
using Mmrr.App.Reports;
using Mmrr.App.Reports.Charts;
using Mmrr.Nn;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Reports;

public sealed class PlotTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.0223, 0.0373)]
    [InlineData(-3, 12345)]
    [InlineData(5, 5)]
    public void LinearTicksAreRoundAndInside(double low, double high)
    {
        var axis = Axis.Linear("x", low, high);
        var ticks = axis.Ticks();
        Assert.InRange(ticks.Count, 2, 9);
        Assert.DoesNotContain(ticks, t => t.Label is "-0" || t.Label.Length > 9);
        Assert.All(ticks, t => Assert.Equal(t.Value, double.Parse(t.Label, CultureInfo.InvariantCulture), 1e-6));
        Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.True(axis.Place(pair.Second.Value) > axis.Place(pair.First.Value)));
    }

    [Theory]
    [InlineData(1e-4, 1e-4)]
    [InlineData(0.0011, 0.066)]
    [InlineData(0.3, 0.5)]
    [InlineData(1e-9, 1e9)]
    [InlineData(2, 60)]
    public void LogarithmicTicksAreInside(double low, double high)
    {
        var axis = Axis.Logarithmic("x", low, high);
        Assert.InRange(axis.Ticks().Count, 2, 10);
        Assert.All(axis.Ticks(), t => Assert.InRange(axis.Place(t.Value), 0, 1));
        Assert.InRange(axis.Place(Math.Sqrt(low * high)), 0.499, 0.501);
    }

    [Fact]
    public void TheRocCurveIsThatOfTheScoresAndTheThreshold()
    {
        // Falling scores: abnormal 9, both 8, normal 7, abnormal 6. Corners of the curve: (0, 0), (0, 1/3), (1/2, 2/3), (1, 2/3), (1, 1).
        ScoredImage[] images = [Of(true, 9), Of(true, 8), Of(false, 8), Of(false, 7), Of(true, 6)];
        var figure = ScorePlots.Roc(images, 7.5, refines: true);
        string curve = figure.Descendants("path")
            .Last(p => p.Attribute("class")!.Value == "line first" && p.Attribute("d")!.Value != "M0 5H26").Attribute("d")!.Value;
        (double X, double Y)[] points =
            [.. curve[1..].Split('L').Select(p => p.Split(' '))
                .Select(p => (double.Parse(p[0], CultureInfo.InvariantCulture), double.Parse(p[1], CultureInfo.InvariantCulture)))];
        var (left, floor) = points[0];
        var (right, top) = points[^1];
        (double, double)[] expected = [(0, 0), (0, 1 / 3.0), (0.5, 2 / 3.0), (1, 2 / 3.0), (1, 1)];
        Assert.Equal(expected.Length, points.Length);
        foreach (var ((x, y), (atX, atY)) in expected.Zip(points))
        {
            Assert.Equal(x, (atX - left) / (right - left), 0.001); // coordinates have a decimal
            Assert.Equal(y, (floor - atY) / (floor - top), 0.001);
        }
        var mark = figure.Descendants("circle").Single(c => c.Attribute("class")!.Value == "mark");
        Assert.Equal(points[2].X.ToString(CultureInfo.InvariantCulture), mark.Attribute("cx")!.Value);
        Assert.Contains("66.7 % of the abnormal images are found with 50 % false alarms", Description(figure), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 1 1 1")]
    [InlineData("0 0 0 0")]
    [InlineData("0.01 0.02 3 700")]
    [InlineData("-4 -2 0 1e-9")]
    public void AnyScoresCanBeDrawn(string scores)
    {
        double[] values = [.. scores.Split(' ').Select(s => double.Parse(s, CultureInfo.InvariantCulture))];
        ScoredImage[] images = [.. values.Select((v, i) => Of(i % 2 == 1, v))];
        foreach (double? threshold in new double?[] { null, values[1], 1e6 })
        {
            foreach (bool refines in new[] { true, false }) AssertNumbers(ScorePlots.Roc(images, threshold, refines));
            AssertNumbers(ScorePlots.Histogram(images, threshold));
            AssertNumbers(ScorePlots.Histogram([.. images.Where(i => !i.Abnormal)], threshold));
        }
        AssertNumbers(ScorePlots.Levels(new LevelSweep(4, 2, "", [new SweepPoint(2, 0.5, 0.5), new SweepPoint(60, 0.5, 0.5)])));
    }

    [Fact]
    public void TheLossesOfOneEpochCanBeDrawn()
    {
        var one = TrainingPlots.Phase(MmrrModel.Method, [new TrainingEpoch(1, 1, 1, 0, 0, 1e-3, 0.1)]);
        AssertNumbers(one);
        var many = TrainingPlots.Phase(
            MmrrModel.Method, [.. Enumerable.Range(1, 9).Select(i => new TrainingEpoch(2, i, 10 * i, 1.0 / i, i == 5 ? 0.01 : 1.0, Math.Pow(10, -i), i))]);
        AssertNumbers(many);
        Assert.Contains("lowest validation loss 0.01 at step 50", many.Value, StringComparison.Ordinal);
        // Short epochs are not all validated.
        var some = TrainingPlots.Phase(
            MmrrModel.Method, [.. Enumerable.Range(1, 9).Select(i => new TrainingEpoch(2, i, 10 * i, 1.0 / i, i % 3 == 0 ? 1.0 / i : null, 1e-3, i))]);
        AssertNumbers(some);
        Assert.Contains("lowest validation loss 0.1111 at step 90, whose", some.Value, StringComparison.Ordinal);
        var none = TrainingPlots.Phase(MmrrModel.Method, [new TrainingEpoch(1, 1, 1, 0.5, null, 1e-3, 0.1)]);
        AssertNumbers(none);
        Assert.Contains("not validated yet", none.Value, StringComparison.Ordinal);
    }

    private static ScoredImage Of(bool abnormal, double score) => new($"{abnormal}{score}", abnormal, "kind", score, score);

    private static string Description(XElement figure) => figure.Descendants("svg").Single(s => s.Attribute("role") is not null).Attribute("aria-label")!.Value;

    /// <summary>Every coordinate is a number inside of the drawing.</summary>
    private static void AssertNumbers(XElement part)
    {
        foreach (var attribute in part.Descendants().SelectMany(e => e.Attributes()))
        {
            Assert.DoesNotContain("NaN", attribute.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", attribute.Value, StringComparison.Ordinal);
            if (attribute.Name.LocalName is "x" or "x1" or "x2" or "cx") Assert.InRange(double.Parse(attribute.Value, CultureInfo.InvariantCulture), 0, 440);
            if (attribute.Name.LocalName is "y" or "y1" or "y2" or "cy") Assert.InRange(double.Parse(attribute.Value, CultureInfo.InvariantCulture), 0, 290);
        }
    }
}
