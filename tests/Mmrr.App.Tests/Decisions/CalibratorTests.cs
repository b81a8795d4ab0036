using Mmrr.App.Decisions;
using Mmrr.Nn;
using Xunit;

namespace Mmrr.App.Tests.Decisions;

public sealed class CalibratorTests
{
    private static readonly LevelSchedule s_levels = LevelSchedule.Uniform(15);

    [Theory]
    [InlineData(0.5, 3.0)]
    [InlineData(0.25, 4.0)]
    [InlineData(0.1, 4.6)] // place 0.9·4 = 3.6 between the fourth and the fifth
    [InlineData(0.01, 4.96)]
    public void TheThresholdIsTheQuantileOfAllNormalScores(double rate, double expected)
    {
        var calibration = Calibrator.Make(Images(5, 1, 3), Images(2, 4), s_levels, rate);
        Assert.Equal(expected, calibration.Threshold, 1e-12);
        Assert.Equal(expected + 10, calibration.ThresholdWithoutRefinement!.Value, 1e-12);
        Assert.Equal((rate, s_levels), (calibration.FalseAlarm, calibration.Levels));
        Assert.Equal(["5", "1", "3", "2", "4"], calibration.Images.Select(i => i.Image));
        Assert.Equal((float)expected * 2, calibration.Heatmap.Contour, 1e-5f);
        Assert.Equal(1.5f, calibration.Heatmap.Low, 1e-5f); // the median of the medians
        Assert.True(calibration.Heatmap.High > calibration.Heatmap.Contour);
    }

    [Theory]
    [InlineData(16, 0.01, true)]
    [InlineData(99, 0.01, true)]
    [InlineData(100, 0.01, false)]
    [InlineData(1, 0.5, true)]
    [InlineData(2, 0.5, false)]
    [InlineData(10, 0.1, false)]
    public void TooFewImagesForTheRateAreSaid(int images, double rate, bool said)
    {
        string? warning = Calibrator.Warning(Calibrator.Make(Images([.. Enumerable.Range(0, images)]), [], s_levels, rate));
        Assert.Equal(said, warning is not null);
        if (said) Assert.StartsWith($"{images} normal image", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void AThresholdByHandNeedsNoImages() => Assert.Null(Calibrator.Warning(Calibrator.Make(Images(1), [], s_levels, 0.1) with { FalseAlarm = null }));

    [Fact]
    public void WithoutImagesThereIsNone() => Assert.Throws<ArgumentException>(() => Calibrator.Make([], [], s_levels, 0.1));

    private static NormalScore[] Images(params int[] scores) => [.. scores.Select(s => new NormalScore($"{s}", s, s + 10, s / 2f, s * 2))];
}
