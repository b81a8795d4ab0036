namespace Mmrr.Training.Data.Integrity;

/// <summary>A Huffman table of a JPEG (ITU-T T.81, annex C and F.2.2.3).</summary>
internal sealed class JpegCodes
{
    private const int Direct = 9;

    // Indexed by the next nine bits: the code's length and symbol, 0 where the code is longer.
    private readonly ushort[] _direct = new ushort[1 << Direct];

    // Indexed by length: the first code, the index of its symbol, and one past the last code.
    private readonly int[] _first = new int[17];
    private readonly int[] _index = new int[17];
    private readonly int[] _end = new int[17];
    private readonly byte[] _symbols;

    /// <summary>Builds the table from the numbers of codes of the lengths 1 to 16 and the symbols in code order.</summary>
    /// <exception cref="InvalidDataException">There are more codes than their lengths allow.</exception>
    public JpegCodes(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        int code = 0, index = 0;
        for (int length = 1; length <= 16; length++, code <<= 1)
        {
            (_first[length], _index[length]) = (code, index);
            for (int i = 0; i < counts[length - 1]; i++, code++, index++)
            {
                if (length > Direct) continue;
                int shift = Direct - length;
                if (code << shift >= _direct.Length) break;
                _direct.AsSpan(code << shift, 1 << shift).Fill((ushort)((length << 8) | _symbols[index]));
            }
            _end[length] = code;
            if (code > 1 << length) throw Flaw.Damaged(JpegCheck.Format, "a table has more codes than fit");
        }
    }

    /// <summary>Reads a symbol.</summary>
    /// <exception cref="InvalidDataException">The next bits are not a code, or the data end.</exception>
    public int Read(ref JpegBits bits)
    {
        int next = bits.Peek16();
        int found = _direct[next >> (16 - Direct)];
        if (found != 0)
        {
            bits.Skip(found >> 8);
            return found & 0xff;
        }
        for (int length = Direct + 1; length <= 16; length++)
        {
            int code = next >> (16 - length);
            if (code >= _end[length]) continue;
            bits.Skip(length);
            return _symbols[_index[length] + code - _first[length]];
        }
        throw bits.Ended ? Flaw.Truncated(JpegCheck.Format, "a scan ends early") : Flaw.Damaged(JpegCheck.Format, "its data contain an invalid code");
    }
}
