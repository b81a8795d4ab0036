using System.Globalization;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

public sealed class PartDrawTests
{
    [Fact]
    public void APartDependsOnTheImageAndTheSeedAlone()
    {
        var before = Images(200);
        var parts = Parts(before);
        // More images before, between and behind, others gone, all of them turned round: none changes its part.
        var after = before.Where((_, i) => i % 7 != 0).Concat(Enumerable.Range(1000, 60).Select(Image)).Reverse().ToArray();
        Assert.All(Parts(after).Where(p => parts.ContainsKey(p.Key)), p => Assert.Equal(parts[p.Key], p.Value));
        Assert.NotEqual(parts.Values, Parts(before, seed: 1).Values);
        // Without a draw of test images those of the other parts stay what they are.
        var whole = Parts(before, test: false);
        Assert.All(parts.Where(p => p.Value != ImagePart.Test), p => Assert.Equal(p.Value, whole[p.Key]));
        Assert.All(parts.Where(p => p.Value == ImagePart.Test), p => Assert.Equal(ImagePart.Training, whole[p.Key]));
    }

    // Of n draws of probability p the count lies within six deviations √(n·p·(1 − p)) of n·p, but for one draw in 5·10⁸.
    [Theory]
    [InlineData(true, false, 0.2, 0.1)]
    [InlineData(false, false, 0, 0.1)]
    [InlineData(false, true, 0, 0.025)]
    public void TheSharesAreWhatTheyShouldBe(bool test, bool paper, double tested, double held)
    {
        const int N = 4000;
        int seed = Random.Shared.Next();
        var parts = Parts(Images(N), seed, test, paper).Values.CountBy(p => p).ToDictionary();
        foreach (var (part, share) in new[] { (ImagePart.Test, tested), (ImagePart.Validation, held), (ImagePart.Calibration, held) })
        {
            double difference = Math.Abs(parts.GetValueOrDefault(part) - (N * share)), bound = 6 * Math.Sqrt(N * share * (1 - share));
            Assert.True(difference <= bound, $"seed {seed}: {parts.GetValueOrDefault(part)} of {part}, expected {N * share} ± {bound}");
        }
    }

    [Fact]
    public void CopiesShareTheirPart()
    {
        var some = Images(60);
        var copies = some.Concat(some).Concat(some[..9]).ToArray();
        ImagePart[] parts = PartDraw.Draw(copies, 3, test: true, paper: false);
        foreach (var group in Enumerable.Range(0, copies.Length).GroupBy(i => copies[i].Hash)) Assert.Single(group.Select(i => parts[i]).Distinct());
    }

    [Fact]
    public void ASmallSetHasSomethingOfEachPart()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            for (int n = 1; n <= 9; n++)
            {
                Check(PartDraw.Draw(Images(n), seed, test: false, paper: seed % 2 == 0), n >= 3 ? 3 : 1);
                if (n == 1) continue;
                // Tested ones leave three to train with, or fewer, which are trained on then.
                ImagePart[] drawn = PartDraw.Draw(Images(n), seed, test: true, paper: false);
                Assert.Contains(ImagePart.Test, drawn);
                Check([.. drawn.Where(p => p != ImagePart.Test)], drawn.Count(p => p != ImagePart.Test) >= 3 ? 3 : 1);
                if (n >= 4) Assert.Equal(4, drawn.Distinct().Count());
                // All of one content: copies count one by one.
                Assert.Equal(n >= 3 ? 3 : 1, PartDraw.Draw([.. Enumerable.Repeat(Image(1), n)], seed, test: false, paper: false).Distinct().Count());
            }
        }

        static void Check(ImagePart[] parts, int kinds)
        {
            Assert.Equal(kinds, parts.Distinct().Count());
            Assert.Contains(ImagePart.Training, parts);
        }
    }

    [Fact]
    public void WhatMustBeTrainedOnIsNotTested()
    {
        (string Hash, bool Free)[] images = [.. Images(80).Select((image, i) => (image.Hash, i % 2 == 0))];
        ImagePart[] parts = PartDraw.Draw(images, 5, test: true, paper: false);
        Assert.Contains(ImagePart.Test, parts);
        Assert.All(Enumerable.Range(0, 40), i => Assert.NotEqual(ImagePart.Test, parts[(2 * i) + 1]));
    }

    private static (string Hash, bool Free) Image(int i) => (i.ToString("x64", CultureInfo.InvariantCulture), true);

    private static (string Hash, bool Free)[] Images(int count) => [.. Enumerable.Range(0, count).Select(Image)];

    private static Dictionary<string, ImagePart> Parts((string Hash, bool Free)[] images, long seed = 0, bool test = true, bool paper = false)
    {
        ImagePart[] parts = PartDraw.Draw(images, seed, test, paper);
        return Enumerable.Range(0, images.Length).ToDictionary(i => images[i].Hash, i => parts[i]);
    }
}
