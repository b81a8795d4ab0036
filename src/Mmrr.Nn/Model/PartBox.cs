using System.Numerics;

namespace Mmrr.Nn;

/// <summary>
/// The turned rectangle around a part that <see cref="ImageFit.Align"/> found on an image, in pixels of the image; a pixel's middle lies at half its row and
/// column. Its length becomes the width of the model's square, from the left, and its breadth the height.
/// </summary>
/// <param name="Row">Its middle.</param>
/// <param name="Column">Its middle.</param>
/// <param name="AlongRow">The direction of its length, of norm 1.</param>
/// <param name="AlongColumn">The direction of its length, of norm 1.</param>
/// <param name="Length">Its longer sides, above 0.</param>
/// <param name="Breadth">The other sides, above 0.</param>
public readonly record struct PartBox(double Row, double Column, double AlongRow, double AlongColumn, double Length, double Breadth)
{
    /// <summary>Whether it is that of an image on which no part was found.</summary>
    public bool IsWhole => this == Whole((int)Breadth, (int)Length);

    /// <summary>The whole image, as it lies.</summary>
    public static PartBox Whole(int height, int width) => new(height / 2.0, width / 2.0, 0, 1, width, height);

    /// <summary>Turns the part and cuts it out: the mean of as many bilinear samples as its pixels need.</summary>
    /// <param name="image">[height, width, channels]; beyond its border it goes on with the values there.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="size">Side of the square.</param>
    /// <typeparam name="T">Bytes, or values of 16 bits, which stay such.</typeparam>
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

    /// <summary>Puts a map of the square back onto the image, bilinear.</summary>
    /// <param name="map">[mapHeight, mapWidth].</param>
    /// <param name="mapHeight">Rows of the map.</param>
    /// <param name="mapWidth">Columns of the map.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>[height, width]; NaN outside of the rectangle.</returns>
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

    /// <summary>Where a place of the image lies, in shares of the length and the breadth from the middle: inside from −0.5 to 0.5.</summary>
    internal (double Along, double Across) OnBox(double row, double column)
    {
        double down = row - Row, right = column - Column;
        return (((down * AlongRow) + (right * AlongColumn)) / Length, ((down * AlongColumn) - (right * AlongRow)) / Breadth);
    }

    private static int Samples(double extent, int size) => (int)Math.Ceiling(Math.Clamp(extent / size, 1, 64));

    // Shares of the length and the breadth, from the middle. The breadth goes down where the length goes right.
    private (double Row, double Column) OnImage(double along, double across) =>
        (Row + (along * Length * AlongRow) + (across * Breadth * AlongColumn), Column + (along * Length * AlongColumn) - (across * Breadth * AlongRow));

    /// <summary>The four pixels around a place, and their shares.</summary>
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
