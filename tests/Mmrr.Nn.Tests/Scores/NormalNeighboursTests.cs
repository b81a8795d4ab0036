using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Rule neighbours, from the network to the file, and the scores that it gives.</summary>
public sealed class NormalNeighboursTests : IDisposable
{
    private static readonly LevelSchedule s_levels = LevelSchedule.Of(0, 0.1f, 0.5f);
    private readonly RunOnDisk _run = new(Small.Options);

    public void Dispose() => _run.Dispose();

    /// <summary>The rule from its definition, on the network's own restorations.</summary>
    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 3)]
    [InlineData(20, 1)]
    [InlineData(40, 3)]
    public void ScoresAreThoseOfTheDefinition(int size, int channels)
    {
        var options = Small.Options with { Size = size, Channels = channels };
        int side = CoarseGrid.Side(options), length = side * side * channels;
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, options);
        PreparedImage[] normal = Small.Prepared(options, 7), tested = Small.Prepared(options, 3, seed: 7);
        var found = Scoring.Score(
            model, Values(tested), s_levels, maps: false, NormalStatistics.Of(model, Small.Whole(options, normal), s_levels, ScoreRule.Neighbours))
            .Neighbours!;
        var (ofNormal, ofTested) = (Restorations(model, normal), Restorations(model, tested));
        for (int i = 0; i < tested.Length; i++)
        {
            double Distance(Func<(float[] Image, float[][][] Predictions), float[]> row) =>
                new NearestRows([.. ofNormal.SelectMany(row)], row(ofTested[i]).Length).Measure(row(ofTested[i]))[0];
            double image = (2 * Distance(o => Grid(o.Image))) + (4 * Distance(o => Edges(o.Image))), refined = 0, restored = 0;
            for (int l = 0; l < s_levels.Count; l++)
            {
                double Errors(int kind) => Distance(o => [.. Lightless(o.Image).Zip(Lightless(o.Predictions[kind][l]), (x, p) => x - p)]);
                refined += (Errors(0) + Errors(1)) / 2 * s_levels.Weights[l];
                restored += Errors(1) * s_levels.Weights[l];
            }
            // The same floats go the same way: only the sums round, in float64.
            Assert.Equal((image + refined) / 7, found.Refined[i], 1e-9);
            Assert.Equal((image + restored) / 7, found.Restored[i], 1e-9);
        }

        float[] Grid(float[] image)
        {
            var cells = new float[length];
            CoarseGrid.Average(image, size, side, cells);
            return cells;
        }

        float[] Edges(float[] image)
        {
            int pixels = EdgeHistogram.Pixels(size), edgeSide = EdgeHistogram.Side(size);
            float[] averaged = new float[pixels * pixels * channels], cells = new float[edgeSide * edgeSide * EdgeHistogram.Directions];
            CoarseGrid.Average(image, size, pixels, averaged);
            EdgeHistogram.Of(averaged, pixels, edgeSide, cells);
            return cells;
        }

        float[] Lightless(float[] image)
        {
            float[] cells = Grid(image);
            CoarseGrid.TakeLight(cells);
            return cells;
        }
    }

    [Fact]
    public void AScoreDoesNotDependOnItsBatch()
    {
        using var device = Small.Open("cpu");
        using var model = Small.Model(device, Small.Options);
        var statistics = NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 7)), s_levels, ScoreRule.Neighbours);
        PreparedImage[] images = Small.Prepared(Small.Options, 4, seed: 5);
        var together = Scoring.Score(model, Values(images), s_levels, maps: true, statistics).Neighbours!;
        for (int i = 0; i < images.Length; i++)
        {
            var alone = Scoring.Score(model, Values([images[i]]), s_levels, maps: true, statistics).Neighbours!;
            Assert.Equal((alone.Refined[0], alone.Restored[0]), (together.Refined[i], together.Restored[i]));
            Assert.Equal(Small.Bits(alone.RefinedMap), Small.Bits(together.RefinedMap[(i * 64)..((i + 1) * 64)]));
        }
    }

    [Fact]
    public void WhatIsSavedGivesTheSameScores()
    {
        var images = Small.Prepared(Small.Options, 2, seed: 3);
        RuleScores before;
        using (var device = Small.Open("cpu"))
        {
            using var model = Checkpoint.Load(_run.Path, device);
            var statistics = NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 7)), s_levels, ScoreRule.Neighbours);
            statistics.Save(_run.Path);
            before = Scoring.Score(model, Values(images), s_levels, maps: false, statistics).Neighbours!;
        }
        using var scorer = Scorer.Load(_run.Path, "cpu");
        var after = scorer.Score(images);
        Assert.Equal(before.Refined, after.Select(s => s.Score));
        Assert.Equal(before.Restored, after.Select(s => s.ScoreWithoutRefinement));
        Assert.All(after, s => Assert.Equal(
            (ScoreRule.Neighbours, s.Score, s.ScoreWithoutRefinement), (s.Rule, s.NeighboursScore!.Value, s.NeighboursScoreWithoutRefinement!.Value)));
        Assert.Equal([ScoreRule.Neighbours, ScoreRule.Paper, ScoreRule.Deviation], scorer.Method.Rules);
    }

    [Theory]
    [InlineData(ScoreRule.Paper, false, false)]
    [InlineData(ScoreRule.Deviation, true, false)]
    [InlineData(ScoreRule.Neighbours, false, true)]
    public void WithoutTheOtherRulesTheScoresAreTheSame(ScoreRule rule, bool deviation, bool neighbours)
    {
        var images = Small.Prepared(Small.Options, 3, seed: 4);
        using (var device = Small.Open("cpu"))
        {
            using var model = Checkpoint.Load(_run.Path, device);
            NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 7)), s_levels, rule).Save(_run.Path);
        }
        using var scorer = Scorer.Load(_run.Path, "cpu");
        Assert.True(scorer.AllRules);
        var all = scorer.Score(images);
        scorer.AllRules = false;
        var own = scorer.Score(images);
        foreach (var (expected, found) in all.Zip(own))
        {
            Assert.Equal((rule, expected.Score, expected.ScoreWithoutRefinement), (found.Rule, found.Score, found.ScoreWithoutRefinement));
            Assert.Equal((expected.PaperScore, expected.PaperScoreWithoutRefinement), (found.PaperScore, found.PaperScoreWithoutRefinement));
            Assert.Equal(Small.Bits(expected.Map!), Small.Bits(found.Map!));
            Assert.True(expected is { DeviationScore: not null, NeighboursScore: not null });
            Assert.Equal((deviation, neighbours), (found.DeviationScore is not null, found.NeighboursScore is not null));
        }
        Assert.Equal(Small.Bits(own[0].Map!), Small.Bits(scorer.Score([images[0]])[0].Map!));
        Assert.Null(scorer.Score(images, map: false)[0].Map);
    }

    /// <summary>An earlier version kept another image in their place.</summary>
    [Fact]
    public void StatisticsWithoutEdgesServeTheOtherRulesAlone()
    {
        using (var device = Small.Open("cpu"))
        {
            using var model = Checkpoint.Load(_run.Path, device);
            NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 7)), s_levels, ScoreRule.Neighbours).Save(_run.Path);
        }
        string path = Path.Combine(_run.Path, NormalStatistics.FileName);
        (string Name, int[] Shape, float[] Values)[] tensors;
        Dictionary<string, string> metadata;
        using (var file = SafeTensorsFile.Open(path))
        {
            metadata = new Dictionary<string, string>(file.Metadata);
            tensors = [.. file.Entries.Select(e => (e.Name.Replace("edges", "lightless", StringComparison.Ordinal), e.Shape.ToArray(), file.Read(e.Name)))];
        }
        SafeTensorsFile.Write(path, metadata, tensors);
        string message = Assert.Throws<InvalidDataException>(() => Scorer.Load(_run.Path, "cpu")).Message;
        Assert.Contains("the run's rule is neighbours", message, StringComparison.Ordinal);
        Assert.Contains("mmrr threshold", message, StringComparison.Ordinal);
    }

    /// <summary>One normal image has no neighbour: such statistics serve the other rules alone.</summary>
    [Fact]
    public void OneImageIsTooFew()
    {
        using (var device = Small.Open("cpu"))
        {
            using var model = Checkpoint.Load(_run.Path, device);
            NormalStatistics.Of(model, Small.Whole(Small.Options, Small.Prepared(Small.Options, 1)), s_levels, ScoreRule.Neighbours).Save(_run.Path);
        }
        Assert.Contains(
            "the run's rule is neighbours",
            Assert.Throws<InvalidDataException>(() => Scorer.Load(_run.Path, "cpu")).Message,
            StringComparison.Ordinal);
    }

    private static float[] Values(PreparedImage[] images) => [.. images.SelectMany(image =>
    {
        var values = new float[image.Pixels.Length];
        ImagePixels.ToFloats(image.Pixels.Bytes, values);
        return values;
    })];

    /// <summary>Of each image x and, for x̂ + r and x̂, the prediction at each level.</summary>
    private static (float[] Image, float[][][] Predictions)[] Restorations(MmrrModel model, PreparedImage[] images) =>
    [
        .. images.Select(image =>
        {
            using var scope = new DisposeScope();
            float[] x = Values([image]);
            float[][][] predictions = [new float[s_levels.Count][], new float[s_levels.Count][]];
            LevelWalk.Run(model, x, s_levels, group =>
            {
                float[] refined = group.Refined.Value.ToArray(), restored = group.Restoration.Restored.Value.ToArray();
                for (int l = 0; l < group.Count; l++)
                {
                    var row = (l * x.Length)..((l + 1) * x.Length);
                    (predictions[0][group.First + l], predictions[1][group.First + l]) = (refined[row], restored[row]);
                }
            });
            return (x, predictions);
        }),
    ];
}
