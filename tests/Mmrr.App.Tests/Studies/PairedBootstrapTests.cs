using Mmrr.Study.Results;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Metrics;
using Xunit;

namespace Mmrr.App.Tests.Studies;

public sealed class PairedBootstrapTests
{
    [Fact]
    public void TheDifferenceIsThatOfTheAurocs()
    {
        int seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        for (int trial = 0; trial < 20; trial++)
        {
            var first = Scores(random, 60, 0.4, ties: true);
            var second = Again(random, first, 0.8);
            double expected = Auroc(first) - Auroc(second);
            Assert.Equal(expected, new ScorePair(first, second).Difference, 12);
        }
    }

    [Fact]
    public void EqualMethodsDifferByNothing()
    {
        var scores = Scores(new Random(1), 100, 0.5, ties: false);
        var (classes, mean) = PairedBootstrap.Estimate([[new ScorePair(scores, scores)]]);
        Assert.Equal(new Estimate(0, 0, 0), mean);
        Assert.Equal(new Estimate(0, 0, 0), Assert.Single(classes));
    }

    [Fact]
    public void APairedIntervalIsNarrowerThanThatOfOneMethodAndHoldsTheDifference()
    {
        var random = new Random(2);
        var first = Scores(random, 400, 0.5, ties: false);
        // The same scores with a little noise: the two differ by far less than either changes with the choice of images.
        var second = first.Select(s => (s.Image, s.Score + (0.02 * random.NextDouble()))).ToList();
        var (_, paired) = PairedBootstrap.Estimate([[new ScorePair(first, second)]]);
        var alone = Bootstrap.Estimate(
            Ranking.Of([.. first.Select(s => s.Score)], [.. first.Select(s => s.Image.Abnormal)]), RocCurve.Auroc)[0];
        Assert.InRange(paired.Value, paired.Low, paired.High);
        // 200 + 200 samples at an AUROC of 0.875: the interval of one is about 0.07 wide (Hanley and McNeil); noise of a fiftieth of the range reorders only
        // neighbours.
        Assert.True(paired.High - paired.Low < (alone.High - alone.Low) / 4, $"{paired} beside {alone}");
        // The same again.
        Assert.Equal(paired, PairedBootstrap.Estimate([[new ScorePair(first, second)]]).Mean);
    }

    [Fact]
    public void SeedsThatDisagreeWidenTheInterval()
    {
        var random = new Random(3);
        var scores = Scores(random, 400, 0.5, ties: false);
        var better = Again(random, scores, 1);
        ScorePair up = new(better, scores), down = new(scores, better);
        var (_, one) = PairedBootstrap.Estimate([[up]]);
        var (_, both) = PairedBootstrap.Estimate([[up, down]]);
        Assert.True(one.Low > 0);
        Assert.Equal(0, both.Value, 12);
        Assert.True(both.Low < -one.Low && both.High > one.Low, $"{both} beside {one}");
    }

    [Fact]
    public void DifferentImagesAreNotCompared()
    {
        var scores = Scores(new Random(4), 10, 0.5, ties: false);
        Assert.Throws<ArgumentException>(() => new ScorePair(scores, scores[1..]));
        Assert.Throws<ArgumentException>(() => new ScorePair(scores, [.. Enumerable.Reverse(scores)]));
    }

    private static List<(ScoredImage Image, double Score)> Scores(Random random, int count, double shift, bool ties) =>
        [.. Enumerable.Range(0, count).Select(i =>
        {
            bool abnormal = i % 2 == 1;
            double score = random.NextDouble() + (abnormal ? shift : 0);
            return (new ScoredImage($"{i}", abnormal, abnormal ? $"kind {i % 3}" : "good", 0, 0), ties ? Math.Round(score, 1) : score);
        })];

    private static List<(ScoredImage Image, double Score)> Again(Random random, List<(ScoredImage Image, double Score)> scores, double shift) =>
        [.. scores.Select(s => (s.Image, random.NextDouble() + (s.Image.Abnormal ? shift : 0)))];

    private static double Auroc(List<(ScoredImage Image, double Score)> scores) =>
        RocCurve.Auroc(Ranking.Of([.. scores.Select(s => s.Score)], [.. scores.Select(s => s.Image.Abnormal)]));
}
