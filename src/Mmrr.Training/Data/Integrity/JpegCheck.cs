namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that a JPEG (baseline or progressive, Huffman-coded, eight bits) is complete: its segments, and its data, which are read to the last block of
/// every scan; the scans together must give every bit of every coefficient. A missing end marker is accepted. Decoders, including ImageSharp, silently fill
/// missing data with grey.
/// </summary>
internal sealed class JpegCheck
{
    /// <summary>The format's name.</summary>
    public const string Format = "JPEG";

    // Encoders need about ten. Each scan covers all blocks: a small file with many scans would take long.
    private const int MostScans = 200;

    private readonly byte[] _file;
    private readonly JpegCodes?[] _dc = new JpegCodes?[4];
    private readonly JpegCodes?[] _ac = new JpegCodes?[4];
    // The step of the DC value in each quantisation table; 0 before there is one, and in tables that some encoders write for missing components.
    private readonly int[] _steps = new int[4];
    private JpegComponent[] _components = [];
    private PictureHeader? _header;
    private bool _progressive;
    private bool _adobe;
    private int _orientation = 1;
    private int _restart;
    private int _across;
    private int _down;
    private int _scans;

    private JpegCheck(byte[] file) => _file = file;

    /// <summary>Checks a file that begins as a JPEG does.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, not supported, or too large.</exception>
    public static PictureHeader Check(byte[] file) => new JpegCheck(file).Check();

    private PictureHeader Check()
    {
        int position = 2;
        while (position < _file.Length)
        {
            if (_file[position] != 0xff) throw Flaw.Damaged(Format, $"there is no marker at byte {position}");
            while (position < _file.Length && _file[position] == 0xff) position++;
            if (position >= _file.Length) break;
            int marker = _file[position++];
            if (marker == 0xd9) break;
            var cursor = new ByteCursor(_file, Format, bigEndian: true);
            cursor.Seek(position);
            int length = cursor.Short();
            var content = cursor.Take(length - 2);
            position = marker == 0xda ? Scan(content, cursor.Position) : cursor.Position;
            if (marker != 0xda) Segment(marker, content);
        }
        if (_header is null) throw Flaw.Truncated(Format, "it has no image");
        if (_components.Any(c => c.Told.Any(bit => bit != 0)))
            throw Flaw.Truncated(Format, $"{(_scans == 0 ? "it has no data" : "its scans do not give the whole image")}");
        return _header with { Orientation = _orientation };
    }

    private void Segment(int marker, ReadOnlySpan<byte> content)
    {
        switch (marker)
        {
            case 0xc0 or 0xc1 or 0xc2:
                Frame(marker, content);
                break;
            case 0xc4:
                Codes(content);
                break;
            case 0xdb:
                Quantisation(content);
                break;
            case 0xdd:
                _restart = new ByteCursor(content, Format, bigEndian: true).Short();
                break;
            case 0xe1 when content.StartsWith("Exif\0\0"u8):
                _orientation = ExifOrientation.Read(content);
                break;
            case 0xee:
                _adobe |= content.StartsWith("Adobe"u8);
                break;
            case 0xc3 or 0xc7 or 0xcb or 0xcf:
                throw Flaw.Unsupported("a lossless JPEG");
            case 0xc5 or 0xc6 or 0xcd or 0xce:
                throw Flaw.Unsupported("a hierarchical JPEG");
            case 0xc9 or 0xca or 0xcc:
                throw Flaw.Unsupported("a JPEG with arithmetic coding");
            case >= 0xe0 or 0xfe:
                break;
            default:
                throw Flaw.Damaged(Format, $"there is a misplaced marker {marker:X2}");
        }
    }

    private void Frame(int marker, ReadOnlySpan<byte> content)
    {
        if (_header is not null) throw Flaw.Damaged(Format, "it has two frames");
        var cursor = new ByteCursor(content, Format, bigEndian: true);
        int depth = cursor.Byte(), height = cursor.Short(), width = cursor.Short(), count = cursor.Byte();
        if (depth != 8) throw Flaw.Unsupported($"a JPEG of {depth} bits");
        if (count is not (1 or 3 or 4)) throw Flaw.Unsupported($"a JPEG of {count} components");
        PictureHeader.Bound(Format, width, height);
        _progressive = marker == 0xc2;
        _components = new JpegComponent[count];
        for (int i = 0; i < count; i++)
        {
            byte id = cursor.Byte(), sampling = cursor.Byte(), table = cursor.Byte();
            int horizontal = sampling >> 4, vertical = sampling & 15;
            if (horizontal is < 1 or > 4 || vertical is < 1 or > 4 || table > 3 || Array.Exists(_components[..i], c => c.Id == id))
                throw Flaw.Damaged(Format, "its frame header is invalid");
            _components[i] = new JpegComponent(id, horizontal, vertical, table);
        }
        if (cursor.Left > 0) throw Flaw.Damaged(Format, "its frame has a wrong size");
        if (count == 4 && !_adobe)
            throw new InvalidDataException("a CMYK JPEG without Adobe's marker: whether its inks are inverted is unknown; convert it to RGB");
        int mostHorizontal = _components.Max(c => c.Horizontal), mostVertical = _components.Max(c => c.Vertical);
        _across = (width + (8 * mostHorizontal) - 1) / (8 * mostHorizontal);
        _down = (height + (8 * mostVertical) - 1) / (8 * mostVertical);
        foreach (var component in _components) component.Measure(width, height, _across, _down, mostHorizontal, mostVertical, _progressive);
        _header = new PictureHeader(Format, width, height, Alpha: false, Bits: 8, Orientation: 1);
    }

    private void Codes(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content, Format, bigEndian: true);
        while (cursor.Left > 0)
        {
            int place = cursor.Byte();
            var counts = cursor.Take(16);
            int symbols = 0;
            foreach (byte count in counts) symbols += count;
            if (place >> 4 > 1 || (place & 15) > 3 || symbols > 256) throw Flaw.Damaged(Format, "a table is invalid");
            (place >> 4 == 0 ? _dc : _ac)[place & 15] = new JpegCodes(counts, cursor.Take(symbols));
        }
    }

    private void Quantisation(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content, Format, bigEndian: true);
        while (cursor.Left > 0)
        {
            int place = cursor.Byte(), wide = place >> 4;
            if (wide > 1 || (place & 15) > 3) throw Flaw.Damaged(Format, "a table is invalid");
            var table = cursor.Take(64 << wide);
            _steps[place & 15] = wide == 0 ? table[0] : (table[0] << 8) | table[1];
        }
    }

    /// <summary>Reads a scan; returns the position of the marker after it.</summary>
    private int Scan(ReadOnlySpan<byte> content, int position)
    {
        if (_header is null) throw Flaw.Damaged(Format, "it has data before its frame");
        if (++_scans > MostScans) throw Flaw.Unsupported($"a JPEG of more than {MostScans} scans");
        var cursor = new ByteCursor(content, Format, bigEndian: true);
        var chosen = new JpegComponent[cursor.Byte()];
        var tables = new int[chosen.Length];
        for (int i = 0; i < chosen.Length; i++)
        {
            int id = cursor.Byte();
            tables[i] = cursor.Byte();
            chosen[i] = Array.Find(_components, c => c.Id == id) ?? throw Flaw.Damaged(Format, "a scan has an unknown component");
        }
        int first = cursor.Byte(), last = cursor.Byte(), bits = cursor.Byte(), high = bits >> 4, low = bits & 15;
        bool known = chosen.Length is >= 1 and <= 4 && chosen.Distinct().Count() == chosen.Length && cursor.Left == 0
            && (chosen.Length == 1 || chosen.Sum(c => c.Horizontal * c.Vertical) <= 10);
        if (!_progressive) (first, last, high, low) = (0, 63, 0, 0);
        else known &= last < 64 && low <= 13 && (first == 0 ? last == 0 : last >= first && chosen.Length == 1) && (high == 0 || high == low + 1);
        if (!known) throw Flaw.Damaged(Format, "a scan header is invalid");
        for (int i = 0; i < chosen.Length; i++)
        {
            var component = chosen[i];
            for (int k = first; k <= last; k++)
            {
                if (component.Told[k] != (high == 0 ? -1 : high)) throw Flaw.Damaged(Format, "its scans are out of sequence");
                component.Told[k] = low;
            }
            component.Predicted = 0;
            component.Dc = (tables[i] >> 4) < 4 ? _dc[tables[i] >> 4] : null;
            component.Ac = (tables[i] & 15) < 4 ? _ac[tables[i] & 15] : null;
            bool dc = first == 0 && high == 0, ac = last > 0;
            if ((dc && component.Dc is null) || (ac && component.Ac is null) || _steps[component.Quantisation] == 0)
                throw Flaw.Damaged(Format, "a table is missing");
        }
        return new JpegScan(_file, chosen, first, last, high, low, _progressive, _restart, _steps).Read(position, _across, _down);
    }
}
