namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that every pixel of a PNG with indexed colours has an index within the palette; decoders silently show the others as black. Rows arrive in pieces
/// as they are decompressed, and their filters are undone (PNG, 9.2; a pixel of indexed colours is at most one byte).
/// </summary>
/// <param name="colors">Entries of the palette.</param>
/// <param name="depth">Bits of an index: 1, 2, 4 or 8.</param>
internal sealed class PngIndexes(int colors, int depth)
{
    // Up to the current byte of this row, then the rest of the row above; as long as the row above, so empty before the first row of a pass.
    private readonly List<byte> _row = [];
    private int _filter, _at, _pixels, _left, _leftAbove;

    /// <summary>Begins a pass; its first row has no row above it.</summary>
    public void Pass() => _row.Clear();

    /// <summary>Processes the first or a further piece of a row.</summary>
    /// <param name="piece">Bytes of it; those of the first begin with the filter.</param>
    /// <param name="begins">Whether it is the first.</param>
    /// <param name="columns">Pixels of the row.</param>
    /// <exception cref="InvalidDataException">An index is outside the palette.</exception>
    public void Take(ReadOnlySpan<byte> piece, bool begins, int columns)
    {
        if (begins)
        {
            (_filter, _at, _pixels, _left, _leftAbove) = (piece[0], 0, columns, 0, 0);
            piece = piece[1..];
        }
        foreach (byte stored in piece)
        {
            bool first = _at == _row.Count;
            int above = first ? 0 : _row[_at];
            int value = (byte)(stored + _filter switch { 1 => _left, 2 => above, 3 => (_left + above) / 2, 4 => Paeth(_left, above, _leftAbove), _ => 0 });
            if (first) _row.Add((byte)value);
            else _row[_at] = (byte)value;
            (_left, _leftAbove, _at) = (value, above, _at + 1);
            // The last byte of a row may have unused bits.
            for (int bit = 8 - depth; bit >= 0 && _pixels > 0; bit -= depth, _pixels--)
            {
                if (((value >> bit) & ((1 << depth) - 1)) >= colors) throw Flaw.Damaged(PngCheck.Format, "a pixel has a colour that its palette lacks");
            }
        }
    }

    private static int Paeth(int left, int above, int leftAbove)
    {
        int toLeft = Math.Abs(above - leftAbove), toAbove = Math.Abs(left - leftAbove), toBoth = Math.Abs(left + above - (2 * leftAbove));
        return toLeft <= toAbove && toLeft <= toBoth ? left : toAbove <= toBoth ? above : leftAbove;
    }
}
