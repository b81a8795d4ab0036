using Mmrr.Nn.Optimizers;
using Xunit;

namespace Mmrr.Nn.Tests.Optimizers;

public sealed class PlateauScheduleTests
{
    [Fact]
    public void FollowsAHandWorkedTable()
    {
        PlateauSchedule schedule = new(0.1, factor: 0.5, patience: 2, threshold: 0.1);
        (double Loss, double Rate, double Best, int BadEpochs, bool Changed)[] table =
        [
            (1.0, 0.1, 1.0, 0, false),
            (0.95, 0.1, 1.0, 1, false), // not below 0.9
            (0.91, 0.1, 1.0, 2, false),
            (0.8, 0.1, 0.8, 0, false), // below 0.9: better
            (double.NaN, 0.1, 0.8, 1, false),
            (0.73, 0.1, 0.8, 2, false), // not below 0.72
            (double.PositiveInfinity, 0.05, 0.8, 0, true), // the third bad epoch, patience 2
            (0.9, 0.05, 0.8, 1, false),
            (0.9, 0.05, 0.8, 2, false),
            (0.7, 0.05, 0.7, 0, false),
            (0.7, 0.05, 0.7, 1, false),
            (0.7, 0.05, 0.7, 2, false),
            (0.7, 0.025, 0.7, 0, true),
        ];
        foreach ((double loss, double rate, double best, int badEpochs, bool changed) in table)
        {
            Assert.Equal(changed, schedule.Step(loss));
            Assert.Equal(new PlateauState(rate, best, badEpochs), schedule.State);
        }
    }

    [Fact]
    public void EpochsBetweenLossesCountAllOfThem()
    {
        PlateauSchedule schedule = new(0.1, patience: 5), every = new(0.1, patience: 5);
        foreach (double loss in new[] { 1.0, 0.5, 0.6, 0.7, 0.5, 0.4, 0.4, 0.4 })
        {
            schedule.Step(loss, 3);
            for (int i = 0; i < 3; i++) every.Step(loss);
            Assert.Equal(every.LearningRate, schedule.LearningRate);
        }
        Assert.Equal(0.025, schedule.LearningRate);
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Step(1, 0));
    }

    [Fact]
    public void TheDefaultsReduceOnTheFiveHundredAndFirstBadEpoch()
    {
        PlateauSchedule schedule = new(1e-4);
        schedule.Step(1.0);
        for (int epoch = 0; epoch < 500; epoch++)
            Assert.False(schedule.Step(0.9999)); // exactly best × (1 − 1e-4): not better
        Assert.True(schedule.Step(1.0));
        Assert.Equal(5e-5, schedule.LearningRate);
        Assert.False(schedule.Step(0.99989));
        Assert.Equal(0.99989, schedule.Best);
    }

    [Fact]
    public void AChangeNoLargerThanEpsIsNotMade()
    {
        PlateauSchedule schedule = new(3e-8, factor: 0.5, patience: 0);
        Assert.True(schedule.Step(double.NaN));
        Assert.Equal(1.5e-8, schedule.LearningRate);
        Assert.False(schedule.Step(double.NaN));
        Assert.Equal(1.5e-8, schedule.LearningRate);
        Assert.Equal(0, schedule.BadEpochs);
    }

    [Fact]
    public void ARestoredScheduleGoesOnAlike()
    {
        double[] losses = [1.0, 0.5, 0.6, 0.7, 0.49, 0.6, 0.6, 0.6, 0.3, 0.4, 0.4, 0.4, 0.4];
        PlateauSchedule whole = new(0.1, patience: 1);
        PlateauSchedule before = new(0.1, patience: 1);
        for (int i = 0; i < 6; i++)
        {
            whole.Step(losses[i]);
            before.Step(losses[i]);
        }

        PlateauSchedule after = new(7.0, patience: 1);
        after.Restore(before.State);
        for (int i = 6; i < losses.Length; i++)
        {
            Assert.Equal(whole.Step(losses[i]), after.Step(losses[i]));
            Assert.Equal(whole.State, after.State);
        }
    }

    [Theory]
    [InlineData(0.0, 1.0, 0)]
    [InlineData(double.NaN, 1.0, 0)]
    [InlineData(0.1, double.NaN, 0)]
    [InlineData(0.1, 1.0, -1)]
    [InlineData(0.1, 1.0, 3)]
    public void AnImpossibleStateIsRefused(double rate, double best, int badEpochs) =>
        Assert.Throws<ArgumentException>(() => new PlateauSchedule(0.1, patience: 2).Restore(new PlateauState(rate, best, badEpochs)));

    [Theory]
    [InlineData(0.0, 0.5, 1, 0.0)]
    [InlineData(double.NaN, 0.5, 1, 0.0)]
    [InlineData(0.1, 1.0, 1, 0.0)]
    [InlineData(0.1, 0.0, 1, 0.0)]
    [InlineData(0.1, 0.5, -1, 0.0)]
    [InlineData(0.1, 0.5, 1, 1.0)]
    [InlineData(0.1, 0.5, 1, double.NaN)]
    public void ArgumentsOutOfRangeAreRefused(double rate, double factor, int patience, double threshold) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new PlateauSchedule(rate, factor, patience, threshold));
}
