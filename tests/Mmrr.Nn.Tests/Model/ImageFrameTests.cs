using System.Runtime.InteropServices;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Model;

/// <summary>Images in memory with a stride, in every format, against the packed image that they hold.</summary>
public sealed class ImageFrameTests
{
    private const int Height = 5, Width = 7;

    public static TheoryData<PixelFormat, int> Formats { get; } =
        [.. from format in Enum.GetValues<PixelFormat>() from gap in new[] { 0, 1, 9 } select (format, gap)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void PacksWhatTheFormatSays(PixelFormat format, int gap)
    {
        var (expected, bytes, stride) = Make(format, gap);
        var frame = new ImageFrame(bytes, Height, Width, format, stride);
        Assert.Equal(format is PixelFormat.Grey8 or PixelFormat.Grey16 ? 1 : 3, frame.Channels);
        Assert.Equal((Height, Width, stride, format), (frame.Height, frame.Width, frame.Stride, frame.Format));
        Assert.Equal(format is PixelFormat.Grey16 or PixelFormat.Rgb48 ? 16 : 8, frame.Bits);
        Assert.Equal(expected.Memory, frame.Pack().Memory);
        if (gap == 0) Assert.Equal(expected.Memory, new ImageFrame(bytes, Height, Width, format).Pack().Memory);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void AFrameScoresAsItsPixelsDo(int bits)
    {
        using var run = new RunOnDisk(Small.Options with { Range = bits == 8 ? PixelRange.Bytes : new PixelRange(100, 40_000, 16) });
        using var scorer = Scorer.Load(run.Path, "cpu");
        foreach (var format in Enum.GetValues<PixelFormat>())
        {
            var (pixels, bytes, stride) = Make(format, 3);
            var frame = new ImageFrame(bytes, Height, Width, format, stride);
            var expected = pixels.Bits == 8
                ? scorer.Score(pixels.Bytes, Height, Width, frame.Channels, levels: LevelSchedule.Uniform(4))
                : scorer.Score(pixels.Words, Height, Width, frame.Channels, levels: LevelSchedule.Uniform(4));
            var found = scorer.Score(frame, levels: LevelSchedule.Uniform(4));
            Assert.Equal((expected.Score, expected.ScoreWithoutRefinement), (found.Score, found.ScoreWithoutRefinement));
            Assert.Equal(Small.Bits(expected.Map!), Small.Bits(found.Map!));
            Assert.Null(scorer.Score(frame, levels: LevelSchedule.Uniform(4), map: false).Map);
        }
    }

    [Theory]
    [InlineData(100, 0, 7, PixelFormat.Grey8, 0, "0 rows of 7 pixels")]
    [InlineData(100, 5, -1, PixelFormat.Grey8, 0, "5 rows of -1 pixels")]
    [InlineData(100, 5, 7, (PixelFormat)9, 0, "unknown pixel format 9")]
    [InlineData(100, 5, 7, PixelFormat.Grey8, 6, "the stride is 6 bytes, expected at least 7")]
    [InlineData(1000, 5, 7, PixelFormat.Bgr24, 20, "the stride is 20 bytes, expected at least 21 for 7 pixels of Bgr24")]
    [InlineData(100, 5, 7, PixelFormat.Grey8, -8, "the stride is -8 bytes")]
    [InlineData(34, 5, 7, PixelFormat.Grey8, 0, "34 bytes, expected at least 35")]
    [InlineData(38, 5, 7, PixelFormat.Grey8, 8, "38 bytes, expected at least 39 for 5 rows of 7 pixels of Grey8 with a stride of 8")]
    [InlineData(139, 5, 7, PixelFormat.Rgba32, 0, "139 bytes, expected at least 140")]
    [InlineData(69, 5, 7, PixelFormat.Grey16, 0, "69 bytes, expected at least 70")]
    [InlineData(1000, 5, 7, PixelFormat.Rgb48, 41, "the stride is 41 bytes, expected at least 42 for 7 pixels of Rgb48")]
    [InlineData(100, int.MaxValue, int.MaxValue, PixelFormat.Rgba32, 0, "expected at least 8589934588")]
    public void WhatIsNoImageIsRefused(int bytes, int height, int width, PixelFormat format, int stride, string reason)
    {
        var error = Assert.Throws<ArgumentException>(() => new ImageFrame(new byte[bytes], height, width, format, stride).Pack());
        Assert.StartsWith("ImageFrame: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Random pixels, and the buffer that holds them: gaps and fourth bytes are random too, and nothing lies behind the last pixel.</summary>
    private static (PixelValues Pixels, byte[] Buffer, int Stride) Make(PixelFormat format, int gap)
    {
        int[] order = format switch
        {
            PixelFormat.Grey8 or PixelFormat.Grey16 => [0],
            PixelFormat.Rgb24 or PixelFormat.Rgb48 => [0, 1, 2],
            PixelFormat.Bgr24 => [2, 1, 0],
            PixelFormat.Rgba32 => [0, 1, 2, -1],
            _ => [2, 1, 0, -1],
        };
        int size = format is PixelFormat.Grey16 or PixelFormat.Rgb48 ? 2 : 1;
        int channels = order.Max() + 1, stride = (Width * order.Length * size) + gap;
        var random = new Random(7);
        var pixels = new byte[Height * Width * channels * size];
        var buffer = new byte[(Height * stride) - gap];
        random.NextBytes(pixels);
        random.NextBytes(buffer);
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                for (int i = 0; i < order.Length; i++)
                {
                    for (int b = 0; b < size && order[i] >= 0; b++)
                        buffer[(y * stride) + (((x * order.Length) + i) * size) + b] = pixels[(((((y * Width) + x) * channels) + order[i]) * size) + b];
                }
            }
        }
        return (size == 1 ? pixels : MemoryMarshal.Cast<byte, ushort>(pixels).ToArray(), buffer, stride);
    }
}
