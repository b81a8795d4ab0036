using Mmrr.Training.Baselines;
using Xunit;

namespace Mmrr.App.Tests.Baselines;

public class PrincipalComponentsTests(ITestOutputHelper output)
{
    // More rows than columns and fewer; all components, some of many (where the iteration has to converge), and more than there are.
    [Theory]
    [InlineData(300, 40, 40)]
    [InlineData(300, 120, 16)]
    [InlineData(60, 150, 20)]
    [InlineData(12, 90, 64)]
    [InlineData(2, 7, 3)]
    public void AreThoseOfTheCovariance(int count, int length, int components)
    {
        var random = BaselineReference.NewRandom(output);
        float[][] rows = BaselineReference.Rows(random, count, length, fall: 0.8);
        ImageRows.SubtractMean(rows, []);
        var (variances, axes) = BaselineReference.Components(rows);
        var found = PrincipalComponents.Fit(rows, components);

        // Directions of less than a billionth of the largest variance count as none; near that, rounding decides.
        Assert.InRange(found.Variances.Count, variances.Take(components).Count(v => v > 1e-8 * variances[0]), Math.Min(components, count - 1));

        // The iteration stops where no variance changes by more than 1e-5 of the largest; what is left is less by (λ of the 17th after)²/λ², under 1e-3
        // here. Beside it, rounding: six float32 products of up to max(N, D) terms each.
        double tolerance = variances[0] * (1e-5 + (6 * BaselineReference.Gamma(Math.Max(count, length))));
        for (int c = 0; c < found.Variances.Count; c++) Assert.InRange(found.Variances[c], variances[c] - tolerance, variances[c] + tolerance);
        Assert.InRange(found.Total, variances.Sum() - (variances.Length * tolerance), variances.Sum() + (variances.Length * tolerance));

        // What a direction explains is what its variance says, which no direction can do that is not in the space of the first axes; and they are orthonormal,
        // up to rounding in units of the direction's own spread.
        for (int c = 0; c < found.Variances.Count; c++)
        {
            double[] direction = [.. found.Directions[c].Select(v => (double)v)];
            double explained = axes.Select((axis, a) => variances[a] * Math.Pow(BaselineReference.Dot(axis, direction), 2)).Sum();
            Assert.InRange(explained, variances[c] - (2 * tolerance), variances[c] + (2 * tolerance));
            Assert.InRange(BaselineReference.Dot(direction, direction), 1 - 1e-6, 1 + 1e-6);
            for (int other = 0; other < c; other++)
            {
                double along = BaselineReference.Dot(direction, [.. found.Directions[other].Select(v => (double)v)]);
                double share = 6 * BaselineReference.Gamma(Math.Max(count, length)) * Math.Sqrt(variances[0] / found.Variances[c]);
                Assert.InRange(along, -share, share);
            }
        }
        Assert.Equal(found.Variances.OrderDescending(), found.Variances);
    }

    [Fact]
    public void RowsThatDoNotVaryHaveNone()
    {
        float[][] same = [.. Enumerable.Range(0, 9).Select(_ => new float[] { 0, 0, 0, 0, 0 })];
        var none = PrincipalComponents.Fit(same, 3);
        Assert.Empty(none.Variances);
        Assert.Equal(0, none.Total);
        Assert.All(none.Project(same), Assert.Empty);

        // Each row many times over: two directions, whatever was asked for.
        float[][] few = [.. Enumerable.Range(0, 30).Select(i => new float[] { i % 3 == 0 ? 2 : -1, i % 3 == 1 ? 4 : -2, 0, 0, 1, 5 })];
        ImageRows.SubtractMean(few, []);
        Assert.Equal(2, PrincipalComponents.Fit(few, 5).Variances.Count);
    }

    [Fact]
    public void TheSameRowsGiveTheSameBits()
    {
        float[][] rows = BaselineReference.Rows(BaselineReference.NewRandom(output), 90, 70, fall: 0.95);
        ImageRows.SubtractMean(rows, []);
        PrincipalComponents first = PrincipalComponents.Fit(rows, 8), second = PrincipalComponents.Fit(rows, 8);
        Assert.Equal(first.Variances, second.Variances);
        Assert.Equal(first.Directions, second.Directions);
    }
}
