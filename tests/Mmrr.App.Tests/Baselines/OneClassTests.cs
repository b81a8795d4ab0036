using Mmrr.Training.Baselines;
using Xunit;

namespace Mmrr.App.Tests.Baselines;

/// <summary>The one-class SVM and the isolation forest, where their scores are known.</summary>
public sealed class OneClassTests(ITestOutputHelper output)
{
    /// <summary>Of two rows each has half of the weight: ρ = ½·(1 + k(1, −1)), with γ = 1/(D·variance) = 1.</summary>
    [Fact]
    public void TheSvmOfTwoRows()
    {
        var svm = new OneClassSvm([[1], [-1]], seed: 1);
        double[] at = [1, -1, 0, 3];
        double rho = (1 + Math.Exp(-4)) / 2;
        double[] expected = [.. at.Select(x => rho - ((Math.Exp(-(x - 1) * (x - 1)) + Math.Exp(-(x + 1) * (x + 1))) / 2))];
        double[] found = svm.Score([.. at.Select(x => new[] { (float)x })]).Scores;
        for (int i = 0; i < at.Length; i++) Assert.Equal(expected[i], found[i], 1e-6);
    }

    /// <summary>
    /// ν bounds the share of rows outside from above and that of support vectors from below (Schölkopf et al., proposition 3); the solver stops within a
    /// tolerance, for which a row at the boundary may score a little above 0.
    /// </summary>
    [Fact]
    public void AShareOfTheRowsIsOutside()
    {
        float[][] rows = Rows(BaselineReference.NewRandom(output), 400, 6);
        var svm = new OneClassSvm(rows, seed: 1);
        double tolerance = 1e-3 / (OneClassSvm.Nu * rows.Length);
        double[] scores = svm.Score(rows).Scores;
        Assert.InRange(scores.Count(s => s > tolerance) / (double)rows.Length, 0, OneClassSvm.Nu);
        Assert.InRange(scores.Count(s => s > -tolerance) / (double)rows.Length, OneClassSvm.Nu, 1);
        double[] far = svm.Score([[.. Enumerable.Repeat(50f, 6)]]).Scores;
        Assert.True(far[0] > svm.Score(rows).Scores.Max() - 1e-9, "nothing scores above a row far from all");
    }

    /// <summary>Trees of two rows have one split, c(2) = 1, and every row a depth of 1.</summary>
    [Fact]
    public void TheForestOfTwoRows()
    {
        var forest = new IsolationForest([[0], [1]], seed: 3);
        Assert.All(forest.Score([[0], [1], [0.5f], [-7]]).Scores, s => Assert.Equal(0.5, s, 1e-12));
        Assert.Equal([0, 1, (2 * 1.5) - (4.0 / 3)], new[] { 1, 2, 3 }.Select(IsolationForest.Search));
    }

    [Fact]
    public void ALonelyRowIsIsolatedEarly()
    {
        float[][] rows = Rows(BaselineReference.NewRandom(output), 300, 5);
        var forest = new IsolationForest(rows, seed: 3);
        double[] known = forest.Score(rows).Scores, far = forest.Score([[9, 9, 9, 9, 9]]).Scores;
        Assert.True(far[0] > known.Max(), $"{far[0]} far from all, up to {known.Max()} among them");
        Assert.Equal(known, new IsolationForest(rows, seed: 3).Score(rows).Scores);
        // Equal rows cannot be split.
        Assert.All(new IsolationForest([[1, 2], [1, 2], [1, 2]], seed: 3).Score([[1, 2], [5, 5]]).Scores, s => Assert.Equal(0.5, s, 1e-12));
    }

    private static float[][] Rows(Random random, int count, int length) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() + random.NextDouble() - 1)).ToArray())];
}
