using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// The rotated rectangle around a part that <see cref="ImageFit.Align"/> found on an image, in pixels of the image; a pixel's centre is at its row and
/// column plus one half. Its length becomes the width of the model's square, from the left, and its breadth the height.
/// </summary>
/// <param name="Row">Row of its centre.</param>
/// <param name="Column">Column of its centre.</param>
/// <param name="AlongRow">Row component of the unit vector along its length.</param>
/// <param name="AlongColumn">Column component of the unit vector along its length.</param>
/// <param name="Length">Length of its longer sides, above 0.</param>
/// <param name="Breadth">Length of the other sides, above 0.</param>
public readonly record struct PartBox(double Row, double Column, double AlongRow, double AlongColumn, double Length, double Breadth)
{
    /// <summary>Whether it is the box of an image on which no part was found.</summary>
    public bool IsWhole => this == Whole((int)Breadth, (int)Length);

    /// <summary>The box of the whole image, not rotated.</summary>
    public static PartBox Whole(int height, int width) => new(height / 2.0, width / 2.0, 0, 1, width, height);

    /// <summary>Rotates the part and cuts it out: each pixel is the mean of as many bilinear samples as it needs.</summary>
    /// <param name="image">[height, width, channels]; beyond its border the border values continue.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="size">Side of the square.</param>
    /// <typeparam name="T">Bytes or 16-bit values; the result has the same type.</typeparam>
    /// <returns>[size, size, channels].</returns>
    internal T[] Cut<T>(ReadOnlySpan<T> image, int height, int width, int channels, int size)
        where T : IBinaryInteger<T>
    {
        var square = new T[size * size * channels];
        Span<double> sums = stackalloc double[channels];
        int across = Samples(Length, size), down = Samples(Breadth, size);
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                sums.Clear();
                for (int i = 0; i < down; i++)
                {
                    for (int j = 0; j < across; j++)
                    {
                        var (row, column) = OnImage(((x + ((j + 0.5) / across)) / size) - 0.5, ((y + ((i + 0.5) / down)) / size) - 0.5);
                        var place = new Bilinear(row, column, height, width);
                        for (int c = 0; c < channels; c++)
                        {
                            sums[c] += place.Mix(
                                double.CreateTruncating(image[(place.TopLeft * channels) + c]), double.CreateTruncating(image[(place.TopRight * channels) + c]),
                                double.CreateTruncating(image[(place.BottomLeft * channels) + c]),
                                double.CreateTruncating(image[(place.BottomRight * channels) + c]));
                        }
                    }
                }
                for (int c = 0; c < channels; c++) square[(((y * size) + x) * channels) + c] = T.CreateTruncating((sums[c] / (across * down)) + 0.5);
            }
        }
        return square;
    }

    /// <summary>Maps a map of the square back to the image, bilinear.</summary>
    /// <param name="map">[mapHeight, mapWidth].</param>
    /// <param name="mapHeight">Rows of the map.</param>
    /// <param name="mapWidth">Columns of the map.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>[height, width]; NaN outside the rectangle.</returns>
    internal float[] PutBack(ReadOnlySpan<float> map, int mapHeight, int mapWidth, int height, int width)
    {
        var whole = new float[height * width];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                var (along, across) = OnBox(y + 0.5, x + 0.5);
                if (Math.Abs(along) > 0.5 || Math.Abs(across) > 0.5)
                {
                    whole[(y * width) + x] = float.NaN;
                    continue;
                }
                var place = new Bilinear((across + 0.5) * mapHeight, (along + 0.5) * mapWidth, mapHeight, mapWidth);
                whole[(y * width) + x] = (float)place.Mix(map[place.TopLeft], map[place.TopRight], map[place.BottomLeft], map[place.BottomRight]);
            }
        }
        return whole;
    }

    /// <summary>Converts an image position to fractions of the length and the breadth from the centre: inside from −0.5 to 0.5.</summary>
    internal (double Along, double Across) OnBox(double row, double column)
    {
        double down = row - Row, right = column - Column;
        return (((down * AlongRow) + (right * AlongColumn)) / Length, ((down * AlongColumn) - (right * AlongRow)) / Breadth);
    }

    private static int Samples(double extent, int size) => (int)Math.Ceiling(Math.Clamp(extent / size, 1, 64));

    // Converts fractions of the length and the breadth from the centre to an image position. The breadth points down if the length points right.
    private (double Row, double Column) OnImage(double along, double across) =>
        (Row + (along * Length * AlongRow) + (across * Breadth * AlongColumn), Column + (along * Length * AlongColumn) - (across * Breadth * AlongRow));

    /// <summary>The four pixels around a position, and their weights.</summary>
    private readonly ref struct Bilinear
    {
        private readonly double _below;
        private readonly double _right;

        public Bilinear(double row, double column, int height, int width)
        {
            row = Math.Clamp(row - 0.5, 0, height - 1);
            column = Math.Clamp(column - 0.5, 0, width - 1);
            int top = (int)row, left = (int)column, bottom = Math.Min(top + 1, height - 1), right = Math.Min(left + 1, width - 1);
            (_below, _right) = (row - top, column - left);
            (TopLeft, TopRight, BottomLeft, BottomRight) = ((top * width) + left, (top * width) + right, (bottom * width) + left, (bottom * width) + right);
        }

        public int TopLeft { get; }

        public int TopRight { get; }

        public int BottomLeft { get; }

        public int BottomRight { get; }

        public double Mix(double topLeft, double topRight, double bottomLeft, double bottomRight) =>
            ((1 - _below) * (((1 - _right) * topLeft) + (_right * topRight))) + (_below * (((1 - _right) * bottomLeft) + (_right * bottomRight)));
    }
}
