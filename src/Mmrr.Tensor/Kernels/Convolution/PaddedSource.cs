using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>
/// The layout of a band of an image in a worker's scratch for the CPU convolutions. Output positions are counted row by row with a pitch wider than the image
/// by the zero columns Z that the taps reach beyond a side, one for a kernel of 3: between two rows they are the right padding of the one and the left padding
/// of the other, and neighbouring positions lie a constant stride apart, also from the end of one row to the start of the next: a tile of positions needs one
/// pointer. Positions in the zero columns are computed and discarded, Z/(W + Z) of the work. For stride s the image is split into planes, one for each residue
/// of rows and columns modulo s that a tap reads (four for stride 2), in each of which the convolution has stride 1.
/// </summary>
internal readonly unsafe struct PaddedSource
{
    // 384 KB of an L2 cache of 1 MB; the weights need the rest.
    private const int MostFloats = 96 * 1024;

    // Minimum number of units of work, if the image has enough rows: the workers should finish together.
    private const int FewestUnits = 8;

    private PaddedSource(
        int images, int rows, int width, int channels, int stride, int across, int padding, int before, int after, int planeRows, int planeWidth, int align)
    {
        Images = images;
        PlaneRows = planeRows;
        PlaneWidth = planeWidth;
        Height = rows;
        Width = width;
        Channels = channels;
        Stride = stride;
        Across = across;
        Padding = padding;
        Before = before;
        Halo = before + after;
        Pitch = planeWidth + Math.Max(before, after);
        ChannelStride = (channels + align - 1) / align * align;
        int fit = (int)(MostFloats / ((long)across * across * Pitch * ChannelStride)) - Halo;
        int bands = Math.Max((planeRows + Math.Max(1, fit) - 1) / Math.Max(1, fit), (FewestUnits + images - 1) / images);
        bands = Math.Min(bands, planeRows);
        BandRows = (planeRows + bands - 1) / bands;
        Bands = (planeRows + BandRows - 1) / BandRows;
        // The last tile of the last row reads past the end: the rows of a tile, and the columns of a kernel. Also checks for a single row that is too long
        // for 32-bit counts.
        long positions = ((long)(BandRows + Halo) * Pitch) + Halo + MicroKernel.Rows;
        Check.Intermediate("Convolution", "a band of rows", positions, (long)across * across * ChannelStride);
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
    public int Floats => Across * Across * PlanePositions * ChannelStride;

    private int Images { get; }

    private int PlaneRows { get; }

    private int PlaneWidth { get; }

    private int Height { get; }

    private int Width { get; }

    private int Channels { get; }

    private int Stride { get; }

    // Planes along one axis.
    private int Across { get; }

    private int Padding { get; }

    // Zero rows above the image, and zero columns at its left.
    private int Before { get; }

    // Positions from the first read of a position to the last, along one axis.
    private int Halo { get; }

    private int PlanePositions { get; }

    /// <summary>The input of a convolution (also of its weight gradient): read ⌈P/s⌉ positions before each output position to ⌊P/s⌋ after it.</summary>
    public static PaddedSource OfInput(in Convolution.Geometry g, int align)
    {
        // A kernel of 1 with stride 2 reads one plane, but has four: their number decides the bands, and so the order of the sums of a weight gradient.
        int across = Math.Min(g.Stride, Math.Max(2, g.Kernel));
        return new PaddedSource(
            g.Images, g.Height, g.Width, g.Channels, g.Stride, across, g.Padding, Above(g), g.Padding / g.Stride, g.OutputHeight, g.OutputWidth, align);
    }

    /// <summary>The output gradient, as the data gradient reads it: ⌊P/s⌋ positions before each position to ⌈P/s⌉ after it.</summary>
    public static PaddedSource OfOutputGradient(in Convolution.Geometry g) => new(
        g.Images, g.OutputHeight, g.OutputWidth, g.Outputs, 1, 1, g.Padding, g.Padding / g.Stride, Above(g), g.OutputHeight, g.OutputWidth, 1);

    /// <summary>A unit's image, first row of output positions and number of rows.</summary>
    public (int Image, int Row, int Rows) Unit(int unit)
    {
        int row = unit % Bands * BandRows;
        return (unit / Bands, row, Math.Min(BandRows, PlaneRows - row));
    }

    /// <summary>The offset of a tap's read, relative to a position, in floats; (k, l) is the kernel's row and column.</summary>
    public int Offset(int k, int l)
    {
        var (rowPlane, row) = Place(k);
        var (columnPlane, column) = Place(l);
        return ((((rowPlane * Across) + columnPlane) * PlanePositions) + (row * Pitch) + column) * ChannelStride;
    }

    /// <summary>
    /// A unit's rows with their halo: copied to the scratch or, of a convolution that needs no padding, the image's own; its last tile then reads positions of
    /// the next unit.
    /// </summary>
    public float* Rows(float* x, int unit, float* scratch)
    {
        if (Stride == 1 && Halo == 0 && ChannelStride == Channels)
        {
            var (image, row, rows) = Unit(unit);
            long position = (((long)image * Height) + row) * Width, end = position + ((long)rows * Width);
            if (end + MicroKernel.Rows <= (long)Images * Height * Width) return x + (position * Channels);
        }
        Fill(x, unit, scratch);
        return scratch;
    }

    /// <summary>Copies a unit's rows with their halo to the scratch.</summary>
    public void Fill(float* x, int unit, float* scratch)
    {
        var (image, first, rows) = Unit(unit);
        x += (long)image * Height * Width * Channels;
        int pad = Before; // zero columns at the left
        for (int plane = 0; plane < Across * Across; plane++)
        {
            int rowResidue = Residue(plane / Across), columnResidue = Residue(plane % Across);
            float* target = scratch + (plane * PlanePositions * ChannelStride);
            float* end = target + (PlanePositions * ChannelStride);
            for (int r = 0; r < rows + Halo; r++)
            {
                int h = ((first + r - Before) * Stride) + rowResidue;
                if (h < 0 || h >= Height)
                {
                    Zero(target, Pitch * ChannelStride);
                    target += Pitch * ChannelStride;
                    continue;
                }
                Zero(target, pad * ChannelStride);
                target += pad * ChannelStride;
                float* source = x + ((((long)h * Width) + columnResidue) * Channels);
                int columns = Pitch - pad;
                int present = Math.Min(columns, Width > columnResidue ? ((Width - columnResidue - 1) / Stride) + 1 : 0);
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

    /// <summary>⌈P/s⌉.</summary>
    private static int Above(in Convolution.Geometry g) => g.Padding == 0 ? 0 : ((g.Padding - 1) / g.Stride) + 1;

    /// <summary>
    /// The row (column) of the image, modulo the stride, that a plane holds. A stride above K leaves out what no tap reads: the planes are the residues up to
    /// P and the last P.
    /// </summary>
    private int Residue(int plane) => plane <= Padding ? plane : plane + Stride - Across;

    /// <summary>The plane along one axis that a row (column) of the kernel reads, and the position in it relative to the first.</summary>
    private (int Plane, int Position) Place(int entry)
    {
        int distance = entry - Padding, position = distance < 0 ? -1 - ((-distance - 1) / Stride) : distance / Stride;
        int residue = distance - (position * Stride);
        return (residue <= Padding ? residue : residue - Stride + Across, position + Before);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* source, float* target, int count) => new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(target, count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zero(float* target, int count) => new Span<float>(target, count).Clear();
}
