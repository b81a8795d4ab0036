namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Reads a scan of a JPEG to its last block without decoding the image (T.81, annexes F and G). Huffman codes resynchronise after an error: a changed scan
/// is detected if it ends too early or too late, if a code or a run is invalid, or if a value is larger than eight bits can give.
/// </summary>
internal sealed class JpegScan(byte[] file, JpegComponent[] components, int first, int last, int high, int low, bool progressive, int restart, int[] steps)
{
    // Twice the value for the mean of eight-bit samples, times the transform's eight: a looser bound than any encoder needs.
    private const int MostDc = 2048;

    private int _bandEnds;

    /// <summary>Reads all blocks.</summary>
    /// <param name="position">The first byte after the scan's header.</param>
    /// <param name="across">Units of interleaved data horizontally.</param>
    /// <param name="down">Units vertically.</param>
    /// <returns>The position of the marker after the scan, or the file's end.</returns>
    public int Read(int position, int across, int down)
    {
        var bits = new JpegBits(file, position);
        // A scan of one component has only its own blocks, without those that pad a unit.
        bool single = components.Length == 1;
        if (single) (across, down) = (components[0].Columns, components[0].Rows);
        long units = (long)across * down;
        for (long unit = 0; unit < units; unit++)
        {
            if (restart > 0 && unit > 0 && unit % restart == 0) bits = Restart(bits, (int)(unit / restart - 1));
            int row = (int)(unit / across), column = (int)(unit % across);
            foreach (var component in components)
            {
                if (single)
                {
                    Block(ref bits, component, (row * component.Stride) + column);
                    continue;
                }
                for (int y = 0; y < component.Vertical; y++)
                {
                    for (int x = 0; x < component.Horizontal; x++)
                        Block(ref bits, component, (((row * component.Vertical) + y) * component.Stride) + (column * component.Horizontal) + x);
                }
            }
        }
        if (_bandEnds > 0) throw Flaw.Damaged(JpegCheck.Format, "a run continues after the last block");
        return bits.Finish();
    }

    private JpegBits Restart(JpegBits bits, int number)
    {
        if (_bandEnds > 0) throw Flaw.Damaged(JpegCheck.Format, "a run continues after a restart marker");
        int at = bits.Finish();
        while (at + 1 < file.Length && file[at + 1] == 0xff) at++;
        if (at + 1 >= file.Length) throw Flaw.Truncated(JpegCheck.Format, "a scan ends early");
        int marker = file[at + 1];
        if (marker is < 0xd0 or > 0xd7) throw Flaw.Truncated(JpegCheck.Format, "a scan ends early");
        if (marker != 0xd0 + (number % 8)) throw Flaw.Damaged(JpegCheck.Format, "a restart marker is missing");
        foreach (var component in components) component.Predicted = 0;
        return new JpegBits(file, at + 2);
    }

    private void Block(ref JpegBits bits, JpegComponent component, int block)
    {
        if (!progressive)
        {
            Dc(ref bits, component, 0);
            Sequential(ref bits, component.Ac!);
        }
        else if (first == 0)
        {
            if (high == 0) Dc(ref bits, component, low);
            else bits.Take(1);
        }
        else if (high == 0)
        {
            FirstBand(ref bits, component.Ac!, ref component.NonZero[block]);
        }
        else
        {
            RefinedBand(ref bits, component.Ac!, ref component.NonZero[block]);
        }
    }

    private void Dc(ref JpegBits bits, JpegComponent component, int shift)
    {
        int size = component.Dc!.Read(ref bits);
        if (size > 11) throw Flaw.Damaged(JpegCheck.Format, "a value in its data is too large");
        component.Predicted += bits.Signed(size);
        int step = steps[component.Quantisation];
        if (Math.Abs(((long)component.Predicted << shift) * step) > MostDc + ((long)step << shift))
            throw Flaw.Damaged(JpegCheck.Format, "a value in its data is too large");
    }

    private static void Sequential(ref JpegBits bits, JpegCodes codes)
    {
        for (int k = 1; k < 64; k++)
        {
            int symbol = codes.Read(ref bits), run = symbol >> 4, size = symbol & 15;
            if (size == 0 && run == 0) return;
            if (size == 0 && run != 15) throw Flaw.Damaged(JpegCheck.Format, "its data contain an invalid code");
            k += run;
            if (k > 63 || size > 10) throw Flaw.Damaged(JpegCheck.Format, "a block has more values than 64, or too large ones");
            bits.Take(size);
        }
    }

    private void FirstBand(ref JpegBits bits, JpegCodes codes, ref ulong nonZero)
    {
        if (_bandEnds > 0)
        {
            _bandEnds--;
            return;
        }
        for (int k = first; k <= last; k++)
        {
            int symbol = codes.Read(ref bits), run = symbol >> 4, size = symbol & 15;
            if (size == 0 && run < 15)
            {
                _bandEnds = (1 << run) + bits.Take(run) - 1;
                return;
            }
            k += run;
            if (k > last || size > 10) throw Flaw.Damaged(JpegCheck.Format, "a block has more values than 64, or too large ones");
            bits.Take(size);
            if (size > 0) nonZero |= 1ul << k;
        }
    }

    private void RefinedBand(ref JpegBits bits, JpegCodes codes, ref ulong nonZero)
    {
        ulong known = nonZero;
        int k = first;
        while (_bandEnds == 0 && k <= last)
        {
            int symbol = codes.Read(ref bits), run = symbol >> 4, size = symbol & 15;
            if (size > 1) throw Flaw.Damaged(JpegCheck.Format, "its data contain an invalid code");
            if (size == 0 && run < 15)
            {
                _bandEnds = (1 << run) + bits.Take(run);
                break;
            }
            bits.Take(size);
            // Skips the run of zeros and the one after it; each nonzero value on the way has a correction bit.
            for (; k <= last; k++)
            {
                if ((known >> k & 1) != 0) bits.Take(1);
                else if (run-- == 0) break;
            }
            if (k > last) throw Flaw.Damaged(JpegCheck.Format, "a run continues after a band's end");
            if (size == 1) nonZero |= 1ul << k;
            k++;
        }
        if (_bandEnds == 0) return;
        _bandEnds--;
        ulong band = known >> k << k & (ulong.MaxValue >> (63 - last));
        for (int values = k > last ? 0 : System.Numerics.BitOperations.PopCount(band); values > 0; values--) bits.Take(1);
    }
}
