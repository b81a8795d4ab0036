namespace Mmrr.Training.Data.Integrity;

/// <summary>A component of a JPEG, such as luma, and what the scans have given of it so far.</summary>
internal sealed class JpegComponent(byte id, int horizontal, int vertical, int quantisation)
{
    /// <summary>Its name in the file.</summary>
    public byte Id { get; } = id;

    /// <summary>Its blocks per unit of interleaved data, horizontally.</summary>
    public int Horizontal { get; } = horizontal;

    /// <summary>Its blocks per such unit, vertically.</summary>
    public int Vertical { get; } = vertical;

    /// <summary>Its quantisation table's number.</summary>
    public int Quantisation { get; } = quantisation;

    /// <summary>Its own blocks horizontally.</summary>
    public int Columns { get; private set; }

    /// <summary>Its own blocks vertically.</summary>
    public int Rows { get; private set; }

    /// <summary>For each coefficient, the lowest bit given so far; −1 before its first scan.</summary>
    public int[] Told { get; } = [.. Enumerable.Repeat(-1, 64)];

    /// <summary>For a progressive file, the nonzero coefficients of each block, [padded rows, <see cref="Stride"/>].</summary>
    public ulong[] NonZero { get; private set; } = [];

    /// <summary>Blocks in a row of <see cref="NonZero"/>.</summary>
    public int Stride { get; private set; }

    /// <summary>The DC value of the previous block in the current scan.</summary>
    public int Predicted { get; set; }

    /// <summary>The DC table of the current scan.</summary>
    public JpegCodes? Dc { get; set; }

    /// <summary>Its AC table.</summary>
    public JpegCodes? Ac { get; set; }

    /// <summary>Computes its sizes from those of the frame.</summary>
    /// <param name="width">Width of the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="across">Units of interleaved data horizontally.</param>
    /// <param name="down">Units vertically.</param>
    /// <param name="mostHorizontal">The largest <see cref="Horizontal"/> of all components.</param>
    /// <param name="mostVertical">The largest <see cref="Vertical"/>.</param>
    /// <param name="progressive">Whether nonzero coefficients are stored.</param>
    public void Measure(int width, int height, int across, int down, int mostHorizontal, int mostVertical, bool progressive)
    {
        Columns = Divided(Divided(width * Horizontal, mostHorizontal), 8);
        Rows = Divided(Divided(height * Vertical, mostVertical), 8);
        Stride = across * Horizontal;
        if (progressive) NonZero = new ulong[Stride * down * Vertical];
    }

    private static int Divided(int value, int by) => (value + by - 1) / by;
}
