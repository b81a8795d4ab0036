namespace Mmrr.Nn;

public sealed partial class Scorer
{
    /// <summary>Scores an image in memory, of any size.</summary>
    /// <param name="frame">The image; its memory may be used again when this returns.</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ImageFrame frame, LevelSchedule? levels = null, bool map = true) => Score([Prepare(frame)], levels, map)[0];

    /// <summary>Makes an image in memory what <see cref="Score(IReadOnlyList{PreparedImage}, LevelSchedule?, bool)"/> takes; needs no device. The frame's memory may be used again when this returns.</summary>
    public PreparedImage Prepare(ImageFrame frame) => Prepare(frame.Pack(), frame.Height, frame.Width, frame.Channels);
}
