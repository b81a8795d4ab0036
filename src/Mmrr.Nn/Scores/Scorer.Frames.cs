namespace Mmrr.Nn;

public sealed partial class Scorer
{
    /// <summary>Scores an image in memory, of any size.</summary>
    /// <param name="frame">The image; its memory may be reused after the call.</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ImageFrame frame, LevelSchedule? levels = null, bool map = true) => Score([Prepare(frame)], levels, map)[0];

    /// <summary>
    /// Prepares an image in memory for <see cref="Score(IReadOnlyList{PreparedImage}, LevelSchedule?, bool)"/>; needs no device. The frame's memory may be
    /// reused after the call.
    /// </summary>
    public PreparedImage Prepare(ImageFrame frame)
    {
        var packed = frame.Pack();
        return packed.Bits == 8
            ? Prepare(packed.Bytes, frame.Height, frame.Width, frame.Channels)
            : Prepare(packed.Words, frame.Height, frame.Width, frame.Channels);
    }

    /// <summary>Scores one image of 16-bit values, of any size.</summary>
    /// <param name="pixels">[height, width, channels], values 0 to 65,535, interleaved; a run of 8-bit images uses their high bytes.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ReadOnlySpan<ushort> pixels, int height, int width, int channels, LevelSchedule? levels = null, bool map = true) =>
        Score([Prepare(pixels, height, width, channels)], levels, map)[0];

    /// <summary>Prepares an image of 16-bit values for <see cref="Score(IReadOnlyList{PreparedImage}, LevelSchedule?, bool)"/>; needs no device.</summary>
    /// <exception cref="ArgumentException">The values do not match these sizes.</exception>
    public PreparedImage Prepare(ReadOnlySpan<ushort> pixels, int height, int width, int channels) =>
        PreparedImage.From(Options, pixels, height, width, channels);
}
