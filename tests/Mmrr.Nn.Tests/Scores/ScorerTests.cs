using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests;

public sealed class ScorerTests : IDisposable
{
    private readonly RunOnDisk _run = new(Small.Options);

    public void Dispose() => _run.Dispose();

    [Fact]
    public void SeveralThreadsGetWhatOneGets()
    {
        const int Threads = 4, Calls = 12;
        using var scorer = Scorer.Load(_run.Path, "cpu");
        ImageScore Call(int i) => scorer.Score(Pixels(9 + (i % 3), 8, 1, i), 9 + (i % 3), 8, 1, levels: LevelSchedule.Uniform(4), map: i % 2 == 0);
        ImageScore[] expected = [.. Enumerable.Range(0, Calls).Select(Call)];
        var found = new ImageScore[Threads, Calls];
        var threads = Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Calls; i++) found[t, (i + (3 * t)) % Calls] = Call((i + (3 * t)) % Calls);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        for (int t = 0; t < Threads; t++)
        {
            for (int i = 0; i < Calls; i++) AssertSame(expected[i], found[t, i]);
        }
    }

    [Fact]
    public void ImagesTogetherScoreAsEachAlone()
    {
        using var scorer = Scorer.Load(_run.Path, "cpu");
        PreparedImage[] prepared = [.. Enumerable.Range(0, 5).Select(i => scorer.Prepare(Pixels(8, 8, 1, i), 8, 8, 1))];
        var together = scorer.Score(prepared, levels: LevelSchedule.Uniform(5));
        for (int i = 0; i < 5; i++) AssertSame(scorer.Score(Pixels(8, 8, 1, i), 8, 8, 1, levels: LevelSchedule.Uniform(5)), together[i]);
        Assert.Empty(scorer.Score([]));
    }

    [Fact]
    public void AMovedRunScoresTheSame()
    {
        byte[] pixels = Pixels(20, 13, 3, 1);
        ImageScore before;
        using (var scorer = Scorer.Load(_run.Path, "cpu")) before = scorer.Score(pixels, 20, 13, 3);
        string moved = Path.Combine(Path.GetDirectoryName(_run.Path)!, "else", "where");
        Directory.CreateDirectory(Path.GetDirectoryName(moved)!);
        Directory.Move(_run.Path, moved);
        using (var scorer = Scorer.Load(moved, "cpu"))
        {
            Assert.Equal(Small.Options, scorer.Options);
            AssertSame(before, scorer.Score(pixels, 20, 13, 3));
        }
    }

    [Fact]
    public void TheDeviceMayBeTheCallers()
    {
        using var device = Small.Open("cpu");
        using (var scorer = Scorer.Load(_run.Path, device)) Assert.True(scorer.Score(Pixels(8, 8, 1, 1), 8, 8, 1).Score > 0);
        Assert.Equal(0, device.LiveTensors);
        using var tensor = Tensor.From(device, new Shape(1), [2]);
        Assert.Equal(2f, tensor.Item());
    }

    [Theory]
    [InlineData(63, 8, 8, 1)]
    [InlineData(65, 8, 8, 1)]
    [InlineData(64, 8, 8, 3)]
    [InlineData(128, 8, 8, 2)]
    [InlineData(0, 0, 8, 1)]
    [InlineData(0, 8, 0, 1)]
    [InlineData(64, -8, -8, 1)]
    public void BytesThatAreNotAnImageOfTheSizesAreRefused(int bytes, int height, int width, int channels)
    {
        using var scorer = Scorer.Load(_run.Path, "cpu");
        Assert.ThrowsAny<ArgumentException>(() => scorer.Score(new byte[bytes], height, width, channels));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void APreparedImageOfAnotherLengthIsRefused(int values)
    {
        using var scorer = Scorer.Load(_run.Path, "cpu");
        Assert.ThrowsAny<ArgumentException>(() => scorer.Score(
            [new PreparedImage(new byte[64], 8, 8), new PreparedImage(new byte[values], 8, 8)], levels: LevelSchedule.Uniform(2)));
    }

    [Fact]
    public void AnUnknownDeviceAndAMissingRunAreRefused()
    {
        Assert.Contains("'gpu'", Assert.Throws<DeviceUnavailableException>(() => Scorer.Load(_run.Path, "gpu")).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => Scorer.Load(_run.Path + "-none", "cpu"));
    }

    private static byte[] Pixels(int height, int width, int channels, int seed)
    {
        var pixels = new byte[height * width * channels];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    private static void AssertSame(ImageScore expected, ImageScore found)
    {
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected.Score), BitConverter.DoubleToInt64Bits(found.Score));
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected.ScoreWithoutRefinement), BitConverter.DoubleToInt64Bits(found.ScoreWithoutRefinement));
        Assert.Equal(expected.Map is null, found.Map is null);
        if (expected.Map is not null) Assert.Equal(Small.Bits(expected.Map), Small.Bits(found.Map!));
    }
}
