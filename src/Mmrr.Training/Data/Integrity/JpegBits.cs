namespace Mmrr.Training.Data.Integrity;

/// <summary>The bits of a scan up to the next marker.</summary>
internal struct JpegBits(byte[] file, int position)
{
    private ulong _bits;
    private int _count;
    private bool _marker;

    /// <summary>Whether all bytes before the marker, or before the file's end, have been read.</summary>
    public readonly bool Ended => _marker;

    /// <summary>The next sixteen bits, padded with zeros after the last.</summary>
    public int Peek16()
    {
        if (_count < 16) Fill();
        return (int)(_bits >> 48);
    }

    /// <summary>Skips bits already peeked at.</summary>
    public void Skip(int count)
    {
        if (count > _count) throw Flaw.Truncated(JpegCheck.Format, "a scan ends early");
        _bits <<= count;
        _count -= count;
    }

    /// <summary>Reads up to sixteen bits as a number.</summary>
    public int Take(int count)
    {
        if (count == 0) return 0;
        int value = Peek16() >> (16 - count);
        Skip(count);
        return value;
    }

    /// <summary>Reads a value of a size in bits as in T.81: a first bit of 0 makes it negative (F.2.2.1).</summary>
    public int Signed(int size)
    {
        int value = Take(size);
        return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /// <summary>Skips the rest of a byte up to the next marker.</summary>
    /// <returns>The position of the marker's 0xFF, or the file's end.</returns>
    /// <exception cref="InvalidDataException">There are bytes that belong to no block.</exception>
    public int Finish()
    {
        Fill();
        if (!_marker || _count >= 8) throw Flaw.Damaged(JpegCheck.Format, "a scan has more data than blocks");
        return position;
    }

    private void Fill()
    {
        while (_count <= 56 && !_marker)
        {
            if (position >= file.Length)
            {
                _marker = true;
                return;
            }
            byte value = file[position];
            if (value == 0xff)
            {
                // 0xFF 0x00 is a byte 0xFF; with anything else it begins a marker.
                if (position + 1 < file.Length && file[position + 1] == 0)
                {
                    position++;
                }
                else
                {
                    _marker = true;
                    return;
                }
            }
            position++;
            _bits |= (ulong)value << (56 - _count);
            _count += 8;
        }
    }
}
