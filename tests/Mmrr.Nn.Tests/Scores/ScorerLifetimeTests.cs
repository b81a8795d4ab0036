using System.Globalization;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

/// <summary>Scorers, and devices under them, that are disposed while other threads score.</summary>
public sealed class ScorerLifetimeTests : IDisposable
{
    private const int Threads = 10;

    // More than a test suite has time for: MMRR_DISPOSE_ROUNDS=1000.
    private static readonly int s_rounds = int.Parse(Environment.GetEnvironmentVariable("MMRR_DISPOSE_ROUNDS") ?? "8", CultureInfo.InvariantCulture);

    private readonly RunOnDisk _run = new(Small.Options);

    public void Dispose() => _run.Dispose();

    [Fact]
    public void TenThreadsScoreWhileTheScorerIsDisposed()
    {
        ImageScore expected;
        using (var scorer = Scorer.Load(_run.Path, "cpu")) expected = Score(scorer);
        for (int round = 0; round < s_rounds; round++)
        {
            var scorer = Scorer.Load(_run.Path, "cpu");
            var scores = ScoreUntilItEnds(scorer, round % 4, scorer.Dispose);
            Assert.All(scores, score => Assert.Equal(Small.Bits(expected.Map!), Small.Bits(score.Map!)));
            Assert.Throws<ObjectDisposedException>(() => Score(scorer));
            scorer.Dispose();
        }
    }

    [Fact]
    public void AnotherScorerOnTheSameDeviceGoesOn()
    {
        using var device = Small.Open("cpu");
        using var staying = Scorer.Load(_run.Path, device);
        var expected = Score(staying);
        for (int round = 0; round < 10; round++)
        {
            // Loading copies weights to the device that the others score on.
            var going = Scorer.Load(_run.Path, device);
            bool stop = false;
            Exception? failure = null;
            var others = new Thread(() => failure = Record.Exception(() =>
            {
                while (!Volatile.Read(ref stop)) Assert.Equal(Small.Bits(expected.Map!), Small.Bits(Score(staying).Map!));
            }));
            others.Start();
            ScoreUntilItEnds(going, 2, going.Dispose);
            Scorer.Load(_run.Path, device).Dispose();
            Volatile.Write(ref stop, true);
            others.Join();
            Assert.Null(failure);
        }
    }

    [Fact]
    public void ADeviceThatIsDisposedUnderItsScorer()
    {
        for (int round = 0; round < 10; round++)
        {
            var device = Small.Open("cpu");
            using var scorer = Scorer.Load(_run.Path, device);
            ScoreUntilItEnds(scorer, 2, device.Dispose);
            Assert.Contains("device cpu", Assert.Throws<ObjectDisposedException>(() => Score(scorer)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void WhatNeedsNoDeviceGoesOn()
    {
        var scorer = Scorer.Load(_run.Path, "cpu");
        var score = Score(scorer);
        Parallel.For(0, 4, _ => scorer.Dispose());
        Assert.Equal(64, scorer.Prepare(new byte[64], 8, 8, 1).Pixels.Length);
        Assert.Equal(64, scorer.MapOnImage(score, 8, 8).Length);
    }

    private static ImageScore Score(Scorer scorer) =>
        scorer.Score(Enumerable.Range(0, 64).Select(i => (byte)(3 * i)).ToArray(), 8, 8, 1, LevelSchedule.Uniform(2));

    /// <summary>
    /// Scores on many threads until each is told that there is no scorer any more, which <paramref name="end"/> brings about after some scores.
    /// </summary>
    private static List<ImageScore> ScoreUntilItEnds(Scorer scorer, int after, Action end)
    {
        var scores = new List<ImageScore>();
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            try
            {
                for (; ; )
                {
                    var score = Score(scorer);
                    lock (scores) scores.Add(score);
                }
            }
            catch (ObjectDisposedException)
            {
                // As it should be.
            }
            catch (Exception e)
            {
                lock (failures) failures.Add(e);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        SpinWait.SpinUntil(() => { lock (scores) return scores.Count >= after; });
        end();
        int ended;
        lock (scores) ended = scores.Count;
        foreach (var thread in threads) thread.Join();
        Assert.Empty(failures);
        // What was under way is counted by its thread after the call, at most once each.
        Assert.InRange(scores.Count, after, ended + Threads);
        return scores;
    }
}
