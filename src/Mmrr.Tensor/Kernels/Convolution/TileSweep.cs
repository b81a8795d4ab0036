using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>
/// The iteration of a tiled product over taps and channels, for both the forward pass and the data gradient: result (n, i, j) reads the source's pixel
/// (RowStep·i + RowOffset + Direction·t, …) for the taps t = 0 … TapRows − 1, which are the kernel's rows FirstTapRow + t·TapStep; columns likewise.
/// The data gradient of stride 2 is four products, one for each parity of the input's row and column, each with the taps that reach it.
/// </summary>
internal struct TileSweep
{
    /// <summary>The largest K: the bits of 25 taps fit <see cref="SourcePixel.Taps"/>, those of 49 do not.</summary>
    public const int MostKernel = 5;

    /// <summary>Results are [Images, Rows, Columns].</summary>
    public int Images, Rows, Columns;

    /// <summary>The source is [Images, Height, Width, Channels].</summary>
    public int Height, Width, Channels;

    public int Step, RowOffset, ColumnOffset, Direction;

    public int TapRows, TapColumns, FirstTapRow, FirstTapColumn, TapStep, Kernel;

    /// <summary>Result (i, j) is stored at the pixel (i·Spread + RowPhase, j·Spread + ColumnPhase) of an image of FullRows × FullColumns.</summary>
    public int Spread, RowPhase, ColumnPhase, FullRows, FullColumns;

    /// <summary>Results · source channels: y from x.</summary>
    public static TileSweep Forward(in Convolution.Geometry g)
    {
        TileSweep s;
        s.Images = g.Images;
        s.Rows = s.FullRows = g.OutputHeight;
        s.Columns = s.FullColumns = g.OutputWidth;
        s.Height = g.Height;
        s.Width = g.Width;
        s.Channels = g.Channels;
        s.Step = g.Stride;
        s.RowOffset = s.ColumnOffset = -(g.Kernel / 2);
        s.Direction = s.TapStep = s.Spread = 1;
        s.TapRows = s.TapColumns = s.Kernel = g.Kernel;
        s.FirstTapRow = s.FirstTapColumn = s.RowPhase = s.ColumnPhase = 0;
        return s;
    }

    /// <summary>dx from dy, for the pixels of one phase = parity of the row · stride + parity of the column.</summary>
    public static TileSweep Data(in Convolution.Geometry g, int phase)
    {
        TileSweep s;
        s.Images = g.Images;
        s.RowPhase = phase / g.Stride;
        s.ColumnPhase = phase % g.Stride;
        s.Rows = (g.Height - s.RowPhase + g.Stride - 1) / g.Stride;
        s.Columns = (g.Width - s.ColumnPhase + g.Stride - 1) / g.Stride;
        s.FullRows = g.Height;
        s.FullColumns = g.Width;
        s.Height = g.OutputHeight;
        s.Width = g.OutputWidth;
        s.Channels = g.Outputs;
        s.Step = 1;
        s.Direction = -1;
        s.Spread = s.TapStep = g.Stride;
        s.Kernel = g.Kernel;
        int pad = g.Kernel / 2;
        s.FirstTapRow = (s.RowPhase + pad) % g.Stride;
        s.FirstTapColumn = (s.ColumnPhase + pad) % g.Stride;
        s.TapRows = (g.Kernel - s.FirstTapRow + g.Stride - 1) / g.Stride;
        s.TapColumns = (g.Kernel - s.FirstTapColumn + g.Stride - 1) / g.Stride;
        s.RowOffset = (s.RowPhase + pad - s.FirstTapRow) / g.Stride;
        s.ColumnOffset = (s.ColumnPhase + pad - s.FirstTapColumn) / g.Stride;
        return s;
    }

    /// <summary>The sweep of the weight gradient's results, the rows (tap, channel) of dw: only their number is used.</summary>
    public static TileSweep Weights(in Convolution.Geometry g)
    {
        var s = Forward(g);
        s.Images = 1;
        s.Rows = s.FullRows = g.Taps;
        s.Columns = s.FullColumns = g.Channels;
        return s;
    }

    /// <summary>Number of results, without their channels.</summary>
    public readonly int Count => Images * Rows * Columns;

    /// <summary>Steps of <see cref="TileProduct.Depth"/> channels for each tap; the last is padded with zeros.</summary>
    public readonly int Chunks => (Channels + TileProduct.Depth - 1) / TileProduct.Depth;

    /// <summary>The weights' tap for the taps t and u of this sweep.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Tap(int t, int u) => ((FirstTapRow + (t * TapStep)) * Kernel) + FirstTapColumn + (u * TapStep);

    /// <summary>The start of a result's reads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Origin OriginOf(int result)
    {
        Origin origin;
        int perImage = Rows * Columns, n = result / perImage, within = result % perImage;
        origin.Image = n < Images ? n * Height * Width : -1;
        origin.Row = (within / Columns * Step) + RowOffset;
        origin.Column = (within % Columns * Step) + ColumnOffset;
        return origin;
    }

    /// <summary>The offset of a source pixel for the taps (t, u), in quads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int TapQuads(int t, int u) => ((t * Width) + u) * Direction * (Channels / 4);

    /// <summary>
    /// The source pixel of a result, as the quad <paramref name="from"/> after its pixel under the taps (0, 0), with a bit for each tap that is inside the
    /// image, from <paramref name="tap"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly SourcePixel SourceOf(int result, int tap, int from)
    {
        SourcePixel pixel;
        var origin = OriginOf(result);
        pixel.At = ((origin.Image + (origin.Row * Width) + origin.Column) * (Channels / 4)) + from;
        // Not 0, though the bits behind the taps are never looked at: what a loop makes of a constant ILGPU takes for the same in all lanes, and marks the
        // branches on it .uni.
        pixel.Taps = origin.Image >> 31;
        for (int t = TapRows - 1; t >= 0; t--)
        {
            for (int u = TapColumns - 1; u >= 0; u--)
            {
                int h = origin.Row + (t * Direction), w = origin.Column + (u * Direction);
                bool inside = origin.Image >= 0 & h >= 0 & h < Height & w >= 0 & w < Width;
                pixel.Taps = (pixel.Taps << 1) | (inside ? 1 : 0);
            }
        }
        pixel.Taps >>= tap;
        return pixel;
    }

    /// <summary>The pixel of a result, counted over all images.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Pixel(int result)
    {
        if (Spread == 1) return result;
        int perImage = Rows * Columns, n = result / perImage, within = result % perImage;
        return (((n * FullRows) + (within / Columns * Spread) + RowPhase) * FullColumns) + (within % Columns * Spread) + ColumnPhase;
    }

    /// <summary>The source's row and column under the first tap, and its image's first pixel, −1 past the last result.</summary>
    internal struct Origin
    {
        public int Image, Row, Column;
    }

    /// <summary>A quad of the source, which may lie outside the image; a bit for each tap from the current one on, set if it is inside the image.</summary>
    internal struct SourcePixel
    {
        public int At, Taps;
    }
}
