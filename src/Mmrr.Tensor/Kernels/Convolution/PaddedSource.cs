using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>
/// The layout of a band of an image in a worker's scratch for the CPU convolutions. Output positions are counted row by row with a pitch one wider than the
/// image, so that one zero column between two rows is the right padding of the one and the left padding of the other, and neighbouring positions lie a
/// constant stride apart, also from the end of one row to the start of the next: a tile of positions needs one pointer. Positions in the zero column are
/// computed and discarded, 1/(W + 1) of the work. For stride 2 the image is split into four planes (even and odd rows and columns), in each of which the
/// convolution has stride 1.
/// </summary>
internal readonly unsafe struct PaddedSource
{
    // 384 KB of an L2 cache of 1 MB; the weights need the rest.
    private const int MostFloats = 96 * 1024;

    // Minimum number of units of work, if the image has enough rows: the workers should finish together.
    private const int FewestUnits = 8;

    private PaddedSource(int images, int rows, int width, int channels, int stride, int before, int after, int planeRows, int planeWidth, int align)
    {
        Images = images;
        PlaneRows = planeRows;
        PlaneWidth = planeWidth;
        Height = rows;
        Width = width;
        Channels = channels;
        Stride = stride;
        Before = before;
        Halo = before + after;
        Pitch = planeWidth + (Halo > 0 ? 1 : 0);
        ChannelStride = (channels + align - 1) / align * align;
        int fit = (int)(MostFloats / ((long)stride * stride * Pitch * ChannelStride)) - Halo;
        int bands = Math.Max((planeRows + Math.Max(1, fit) - 1) / Math.Max(1, fit), (FewestUnits + images - 1) / images);
        bands = Math.Min(bands, planeRows);
        BandRows = (planeRows + bands - 1) / bands;
        Bands = (planeRows + BandRows - 1) / BandRows;
        // Also checks for a single row that is too long for 32-bit counts.
        long positions = ((long)(BandRows + Halo) * Pitch) + 1 + MicroKernel.Rows;
        Check.Intermediate("Convolution", "a band of rows", positions, (long)stride * stride * ChannelStride);
        PlanePositions = (int)positions;
    }

    /// <summary>Rows of output positions per band; the last band may have fewer.</summary>
    public int BandRows { get; }

    /// <summary>Bands per image.</summary>
    public int Bands { get; }

    /// <summary>Positions from one row to the next.</summary>
    public int Pitch { get; }

    /// <summary>Floats from one position to the next: the channels, rounded up and zero-padded if the caller requests it.</summary>
    public int ChannelStride { get; }

    /// <summary>Units of work: images × bands.</summary>
    public int Units => Images * Bands;

    /// <summary>Floats of scratch.</summary>
    public int Floats => Stride * Stride * PlanePositions * ChannelStride;

    private int Images { get; }

    private int PlaneRows { get; }

    private int PlaneWidth { get; }

    private int Height { get; }

    private int Width { get; }

    private int Channels { get; }

    private int Stride { get; }

    private int Before { get; }

    private int Halo { get; }

    private int PlanePositions { get; }

    /// <summary>The input of a convolution (also of its weight gradient): read around each output position.</summary>
    public static PaddedSource OfInput(in Convolution.Geometry g, int align) => g.Kernel == 1
        ? new PaddedSource(g.Images, g.Height, g.Width, g.Channels, g.Stride, 0, 0, g.OutputHeight, g.OutputWidth, align)
        : new PaddedSource(g.Images, g.Height, g.Width, g.Channels, g.Stride, 1, g.Stride == 1 ? 1 : 0, g.OutputHeight, g.OutputWidth, align);

    /// <summary>The output gradient, as the data gradient reads it: around each position for stride 1, forward from it for stride 2.</summary>
    public static PaddedSource OfOutputGradient(in Convolution.Geometry g) => new(
        g.Images, g.OutputHeight, g.OutputWidth, g.Outputs, 1, g.Kernel == 3 && g.Stride == 1 ? 1 : 0, g.Kernel == 3 ? 1 : 0, g.OutputHeight, g.OutputWidth, 1);

    /// <summary>A unit's image, first row of output positions and number of rows.</summary>
    public (int Image, int Row, int Rows) Unit(int unit)
    {
        int row = unit % Bands * BandRows;
        return (unit / Bands, row, Math.Min(BandRows, PlaneRows - row));
    }

    /// <summary>The offset of a tap's read, relative to a position, in floats; (k, l) is the kernel's row and column.</summary>
    public int Offset(int k, int l)
    {
        if (Halo == 0) return 0;
        if (Stride == 1) return ((k * Pitch) + l) * ChannelStride;
        int plane = ((k & 1) == 0 ? 2 : 0) + ((l & 1) == 0 ? 1 : 0); // k = 1 is the even row itself, 0 and 2 the odd rows beside it
        int row = k == 0 ? 0 : 1, column = l == 0 ? 0 : 1;
        return ((plane * PlanePositions) + (row * Pitch) + column) * ChannelStride;
    }

    /// <summary>Copies a unit's rows with their halo to the scratch.</summary>
    public void Fill(float* x, int unit, float* scratch)
    {
        var (image, first, rows) = Unit(unit);
        x += (long)image * Height * Width * Channels;
        int pad = Before; // zero columns at the left
        for (int plane = 0; plane < Stride * Stride; plane++)
        {
            int rowParity = plane >> 1, columnParity = plane & 1;
            float* target = scratch + (plane * PlanePositions * ChannelStride);
            float* end = target + (PlanePositions * ChannelStride);
            for (int r = 0; r < rows + Halo; r++)
            {
                int h = ((first + r - Before) * Stride) + rowParity;
                if (h < 0 || h >= Height)
                {
                    Zero(target, Pitch * ChannelStride);
                    target += Pitch * ChannelStride;
                    continue;
                }
                Zero(target, pad * ChannelStride);
                target += pad * ChannelStride;
                float* source = x + ((((long)h * Width) + columnParity) * Channels);
                int columns = Pitch - pad;
                int present = Math.Min(columns, Stride == 1 ? Width : (Width - columnParity + 1) / 2);
                if (Stride == 1 && ChannelStride == Channels)
                {
                    Copy(source, target, present * Channels);
                }
                else
                {
                    for (int c = 0; c < present; c++)
                    {
                        Copy(source + (c * Stride * Channels), target + (c * ChannelStride), Channels);
                        Zero(target + (c * ChannelStride) + Channels, ChannelStride - Channels);
                    }
                }
                Zero(target + (present * ChannelStride), (columns - present) * ChannelStride);
                target += columns * ChannelStride;
            }
            Zero(target, (int)(end - target));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, int count) => new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zero(float* target, int count) => new Span<float>(target, count).Clear();
}
