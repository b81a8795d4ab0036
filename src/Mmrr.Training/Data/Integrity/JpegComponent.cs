namespace Mmrr.Training.Data.Integrity;

/// <summary>A component of a JPEG: luma, say, and what the scans have told of it so far.</summary>
internal sealed class JpegComponent(byte id, int horizontal, int vertical, int quantisation)
{
    /// <summary>Its name in the file.</summary>
    public byte Id { get; } = id;

    /// <summary>Its blocks in a unit of interleaved data, across.</summary>
    public int Horizontal { get; } = horizontal;

    /// <summary>Its blocks in such a unit, down.</summary>
    public int Vertical { get; } = vertical;

    /// <summary>Its quantisation table's number.</summary>
    public int Quantisation { get; } = quantisation;

    /// <summary>Its own blocks across.</summary>
    public int Columns { get; private set; }

    /// <summary>Its own blocks down.</summary>
    public int Rows { get; private set; }

    /// <summary>For each coefficient the lowest bit that has been told; −1 before the first scan that has it.</summary>
    public int[] Told { get; } = [.. Enumerable.Repeat(-1, 64)];

    /// <summary>Of a progressive file, for each block the coefficients that are not zero. [padded rows, <see cref="Stride"/>].</summary>
    public ulong[] NonZero { get; private set; } = [];

    /// <summary>Blocks in a row of <see cref="NonZero"/>.</summary>
    public int Stride { get; private set; }

    /// <summary>The DC value of the block before, in the scan that is being read.</summary>
    public int Predicted { get; set; }

    /// <summary>The DC table of the scan that is being read.</summary>
    public JpegCodes? Dc { get; set; }

    /// <summary>Its AC table.</summary>
    public JpegCodes? Ac { get; set; }

    /// <summary>Sets its sizes from those of the frame.</summary>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="across">Units of interleaved data across.</param>
    /// <param name="down">Units down.</param>
    /// <param name="mostHorizontal">The largest <see cref="Horizontal"/> of all components.</param>
    /// <param name="mostVertical">The largest <see cref="Vertical"/>.</param>
    /// <param name="progressive">Whether blocks have to be remembered.</param>
    public void Measure(int width, int height, int across, int down, int mostHorizontal, int mostVertical, bool progressive)
    {
        Columns = Divided(Divided(width * Horizontal, mostHorizontal), 8);
        Rows = Divided(Divided(height * Vertical, mostVertical), 8);
        Stride = across * Horizontal;
        if (progressive) NonZero = new ulong[Stride * down * Vertical];
    }

    private static int Divided(int value, int by) => (value + by - 1) / by;
}
