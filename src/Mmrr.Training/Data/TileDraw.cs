using Mmrr.Nn;

namespace Mmrr.Training.Data;

/// <summary>
/// Random training tiles: the fewest tiles of a grid that cover an image, each shifted by up to half a grid step and kept inside. The whole image is
/// sampled, including its borders (which tiles at random positions would hardly ever touch), and tiles differ between epochs.
/// </summary>
internal static class TileDraw
{
    /// <summary>Tiles of an image in an epoch: ⌈height/side⌉·⌈width/side⌉.</summary>
    public static int Count(Sample sample, int side) => Along(sample.Height, side) * Along(sample.Width, side);

    /// <summary>Cuts one tile. An image smaller than a tile continues with its reflection, as in <see cref="Tiling"/>.</summary>
    /// <param name="sample">The image.</param>
    /// <param name="side">Side of the tile.</param>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="index">Index of the tile, below <see cref="Count"/>.</param>
    /// <param name="random">Draws the shift.</param>
    /// <param name="target">Receives the tile, [side, side, channels] of the image's depth.</param>
    /// <returns>The tile's upper left pixel; negative where the image is smaller.</returns>
    public static (int Top, int Left) Cut(Sample sample, int side, int channels, int index, ref SplitMix64 random, PixelValues target)
    {
        int columns = Along(sample.Width, side);
        int top = Start(sample.Height, side, index / columns, ref random);
        int left = Start(sample.Width, side, index % columns, ref random);
        sample.Pixels.CutSquare(sample.Height, sample.Width, channels, (top, left), side, target);
        return (top, left);
    }

    private static int Along(int length, int side) => (length + side - 1) / side;

    private static int Start(int length, int side, int index, ref SplitMix64 random)
    {
        double shift = random.NextDouble() - 0.5;
        int count = Along(length, side), free = length - side;
        if (count == 1)
            return -(-free / 2);
        return (int)Math.Clamp(Math.Floor(((index + shift) * free / (count - 1)) + 0.5), 0, free);
    }
}
