using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public class SamplingTests
{
    [Fact]
    public void SplitMixGivesThePublishedNumbers()
    {
        var random = new SplitMix64(1234567);
        ulong[] published = [6457827717110365317, 3203168211198807973, 9817491932198370423];
        Assert.All(published, number => Assert.Equal(number, random.Next()));
    }

    [Fact]
    public void KeysGiveDifferentSequences()
    {
        var seen = new HashSet<ulong>();
        for (int seed = 0; seed < 10; seed++)
        {
            for (int epoch = 0; epoch < 10; epoch++)
            {
                for (int index = 0; index < 10; index++)
                    Assert.True(seen.Add(new SplitMix64(seed, epoch, index).Next()));
            }
        }
    }

    [Fact]
    public void NumbersAreUniform()
    {
        var random = new SplitMix64(3);
        var counts = new int[7];
        double sum = 0;
        for (int i = 0; i < 70_000; i++)
        {
            counts[random.NextInt(7)]++;
            double value = random.NextDouble();
            Assert.InRange(value, 0, 1 - 1e-16);
            sum += value;
        }

        Assert.All(counts, c => Assert.InRange(c, 9_600, 10_400));
        Assert.InRange(sum / 70_000, 0.49, 0.51);
    }

    [Fact]
    public void SineAndCosineAreExactEnough()
    {
        for (double x = -50; x < 50; x += 0.01)
        {
            Assert.InRange(Math.Abs(PortableMath.Sin(x) - Math.Sin(x)), 0, 1e-12);
            Assert.InRange(Math.Abs(PortableMath.Cos(x) - Math.Cos(x)), 0, 1e-12);
        }
    }

    [Fact]
    public void PowersAreExactEnough()
    {
        for (double x = -20; x < 20; x += 0.01)
            Assert.InRange(PortableMath.Exp(x) / Math.Exp(x), 1 - 1e-13, 1 + 1e-13);
        for (double x = 1e-6; x < 1e6; x *= 1.01)
            Assert.InRange(PortableMath.Log(x) - Math.Log(x), -1e-13 * (1 + Math.Abs(Math.Log(x))), 1e-13 * (1 + Math.Abs(Math.Log(x))));
        for (double x = 0.001; x <= 1; x += 0.001)
            Assert.InRange(PortableMath.Pow(x, 1.5) / Math.Pow(x, 1.5), 1 - 1e-12, 1 + 1e-12);
        Assert.Equal((0, 1, 1), (PortableMath.Pow(0, 0.7), PortableMath.Pow(1, 0.7), PortableMath.Exp(0)));
    }

    [Theory]
    [InlineData(3, false, 1, 1)]
    [InlineData(9, false, 1, 1)]
    [InlineData(30, false, 3, 3)] // a tenth
    [InlineData(100, false, 10, 10)]
    [InlineData(199, false, 10, 10)] // ten
    [InlineData(320, false, 16, 16)] // a twentieth
    [InlineData(5923, false, 296, 296)]
    [InlineData(3, true, 1, 1)]
    [InlineData(60, true, 2, 1)]
    [InlineData(320, true, 8, 8)]
    [InlineData(5923, true, 148, 148)]
    public void SplitCoversEverythingOnce(int count, bool paper, int validation, int calibration)
    {
        var split = Sampling.Split(count, 42, paper);
        Assert.Equal((validation, calibration), (split.Validation.Length, split.Calibration.Length));
        Assert.Equal(Enumerable.Range(0, count), split.Training.Concat(split.Validation).Concat(split.Calibration).Order());
        foreach (int[] part in new[] { split.Training, split.Validation, split.Calibration }) Assert.Equal(part.Order(), part);
        var again = Sampling.Split(count, 42, paper);
        Assert.Equal(split.Validation, again.Validation);
        Assert.Equal(split.Calibration, again.Calibration);
    }

    [Fact]
    public void SplitDependsOnTheSeedAndNeedsThree()
    {
        Assert.NotEqual(Sampling.Split(200, 1).Validation, Sampling.Split(200, 2).Validation);
        Assert.NotEqual(Sampling.Split(200, 1).Calibration, Sampling.Split(200, 2).Calibration);
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampling.Split(2, 0));
    }

    [Fact]
    public void PermutationNeverChanges() => Assert.Equal([1, 2, 6, 5, 4, 0, 3, 7], Sampling.Permutation(8, 0));

    [Fact]
    public void StratifiedKeepsTheProportions()
    {
        var samples = Samples(("good", 500), ("cut", 300), ("spot", 200));
        int[] drawn = Sampling.Stratified(samples, 100, 5);
        Assert.Equal(drawn.Distinct().Order(), drawn);
        Assert.Equal([("cut", 30), ("good", 50), ("spot", 20)], Counts(samples, drawn));
        Assert.Equal(drawn, Sampling.Stratified(samples, 100, 5));
        Assert.NotEqual(drawn, Sampling.Stratified(samples, 100, 6));
    }

    [Fact]
    public void StratifiedUsesTheLargestRemainder()
    {
        // 10 of 30: good 10/3 = 3.33, abnormal 6.67 -> 3 + 7; of 7: cut 3.85, spot 3.15 -> 4 + 3.
        var samples = Samples(("good", 10), ("cut", 11), ("spot", 9));
        Assert.Equal([("cut", 4), ("good", 3), ("spot", 3)], Counts(samples, Sampling.Stratified(samples, 10, 0)));
    }

    [Fact]
    public void StratifiedAlwaysHasBothSides()
    {
        foreach (var samples in (Sample[][])[Samples(("good", 1), ("cut", 999)), Samples(("good", 999), ("cut", 1))])
        {
            for (int count = 2; count < 20; count++)
            {
                int[] drawn = Sampling.Stratified(samples, count, count);
                Assert.Equal(count, drawn.Length);
                Assert.Equal(2, Counts(samples, drawn).Length);
            }
        }
    }

    [Fact]
    public void StratifiedCopesWithTheEnds()
    {
        var samples = Samples(("good", 3), ("cut", 4));
        Assert.Equal(Enumerable.Range(0, 7), Sampling.Stratified(samples, 7, 0));
        Assert.Equal(Enumerable.Range(0, 7), Sampling.Stratified(samples, 100, 0));
        Assert.Single(Sampling.Stratified(samples, 1, 0));
        Assert.Equal(2, Sampling.Stratified(Samples(("good", 5)), 2, 0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => Sampling.Stratified(samples, 0, 0));
        for (int count = 1; count <= 7; count++)
            Assert.Equal(count, Sampling.Stratified(samples, count, 1).Length);
    }

    private static Sample[] Samples(params (string Kind, int Count)[] kinds) =>
        [.. kinds.SelectMany(k => Enumerable.Range(0, k.Count).Select(i => new Sample($"{k.Kind}/{i}", 1, 1, new byte[1], k.Kind != "good", k.Kind)))];

    private static (string, int)[] Counts(Sample[] samples, int[] drawn) =>
        [.. drawn.GroupBy(i => samples[i].Kind).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Count()))];
}
