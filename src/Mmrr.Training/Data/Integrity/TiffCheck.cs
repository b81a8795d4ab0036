namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks that a TIFF is complete: its directories, and the strips of its image, which must be in the file and are decompressed to their last row. Deflate
/// data have a checksum; otherwise changed values may go undetected.
/// </summary>
internal static class TiffCheck
{
    /// <summary>The format's name.</summary>
    public const string Format = "TIFF";
    private const int MostPages = 65_536;

    // The tag numbers.
    private const int SubfileType = 254, Columns = 256, Rows = 257, BitsPerSample = 258, Compression = 259, Photometric = 262, FillOrder = 266,
        StripOffsets = 273, Orientation = 274, SamplesPerPixel = 277, RowsPerStrip = 278, StripCounts = 279, Planar = 284, Predictor = 317, ColorMap = 320,
        TileOffsets = 324, ExtraSamples = 338, SampleFormat = 339;

    /// <summary>Whether a file begins as a TIFF does.</summary>
    public static bool Is(ReadOnlySpan<byte> file) => file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8);

    /// <summary>Checks a file that begins as a TIFF does.</summary>
    /// <exception cref="InvalidDataException">The file is not complete, not supported, has several pages, or is too large.</exception>
    public static PictureHeader Check(byte[] file)
    {
        var pages = Pages(file);
        // Thumbnails and masks, which some programs store with the image, are marked as such.
        int full = pages.Count(p => (p.One(SubfileType, 0) & 5) == 0);
        if (full > 1) throw Flaw.Several($"a TIFF of {full} pages");
        var page = pages[0];
        if (full == 0 || (page.One(SubfileType, 0) & 5) != 0) throw Flaw.Unsupported("a TIFF that does not begin with its image");
        long width = page.One(Columns, 0), height = page.One(Rows, 0);
        PictureHeader.Bound(Format, width, height);
        var (bits, samples, alpha) = Kind(page);
        uint packing = page.One(Compression, 1);
        if (packing is not (1 or 5 or 8 or 32773 or 32946)) throw Flaw.Unsupported($"a TIFF compressed with method {packing}");
        bool planar = page.One(Planar, 1) == 2 && samples > 1;
        // The library accumulates the differences of a plane as if the samples were interleaved.
        if (planar && page.One(Predictor, 1) == 2) throw Flaw.Unsupported("a TIFF with a predictor on separate planes");
        if (planar && alpha) throw Flaw.Unsupported("a TIFF with transparency in a separate plane");
        long rowsPerStrip = Math.Min(page.One(RowsPerStrip, uint.MaxValue), height);
        if (rowsPerStrip < 1) throw Flaw.Damaged(Format, "its strips have no rows");
        uint[] offsets = page.All(StripOffsets), counts = page.All(StripCounts);
        long perPlane = (height + rowsPerStrip - 1) / rowsPerStrip, strips = perPlane * (planar ? samples : 1);
        if (offsets.Length != strips || counts.Length != strips)
            throw Flaw.Damaged(Format, $"it has {offsets.Length} strips with {counts.Length} lengths, expected {strips}");
        // Else a small file could have its bytes decompressed many times.
        if (counts.Sum(c => (long)c) > file.Length) throw Flaw.Damaged(Format, "its strips are longer than the file");
        long rowBytes = width * (planar ? 1 : samples) * bits / 8;
        if (rowBytes * rowsPerStrip > int.MaxValue) throw Flaw.Unsupported("a TIFF with strips of more than 2 GB");
        for (int i = 0; i < strips; i++)
        {
            var cursor = new ByteCursor(file, Format, bigEndian: false);
            cursor.Seek(offsets[i]);
            cursor.Take(counts[i]);
            long rows = Math.Min(rowsPerStrip, height - (i % perPlane * rowsPerStrip));
            TiffStrip.Check(file, (int)offsets[i], (int)counts[i], packing, rows * rowBytes);
        }
        uint orientation = page.One(Orientation, 1);
        return new PictureHeader(Format, (int)width, (int)height, alpha, bits, orientation is >= 1 and <= 8 ? (int)orientation : 1);
    }

    /// <summary>Bits per sample and samples per pixel, where they are supported.</summary>
    private static (int Bits, int Samples, bool Alpha) Kind(TiffPage page)
    {
        if (page.Has(TileOffsets)) throw Flaw.Unsupported("a TIFF in tiles");
        uint samples = page.One(SamplesPerPixel, 1), photometric = page.One(Photometric, uint.MaxValue);
        uint[] depths = page.All(BitsPerSample);
        if (depths.Length == 0 || depths[0] is not (8 or 16) || depths.Any(d => d != depths[0]))
            throw Flaw.Unsupported($"a TIFF of {(depths.Length == 0 ? 1 : depths[0])} bits");
        if (page.All(SampleFormat).Any(f => f != 1)) throw Flaw.Unsupported("a TIFF whose values are not unsigned integers");
        uint[] extra = page.All(ExtraSamples);
        bool alpha = photometric == 2 && samples == 4 && extra is [1 or 2];
        bool known = photometric switch
        {
            0 or 1 => samples == 1,
            2 => samples == 3 || alpha,
            3 => samples == 1 && depths[0] == 8 && page.All(ColorMap).Length == 768,
            _ => throw Flaw.Unsupported(
                $"a TIFF of colours {(photometric == 5 ? "CMYK" : photometric == uint.MaxValue ? "that are not named" : $"of kind {photometric}")}"),
        };
        if (!known || depths.Length != samples) throw Flaw.Unsupported($"a TIFF of {samples} values a pixel");
        if (page.One(FillOrder, 1) != 1 || page.One(Predictor, 1) is not (1 or 2))
            throw Flaw.Unsupported("a TIFF with reversed bit order or a floating-point predictor");
        return ((int)depths[0], (int)samples, alpha);
    }

    private static List<TiffPage> Pages(byte[] file)
    {
        var cursor = new ByteCursor(file, Format, bigEndian: file[0] == 'M');
        cursor.Seek(4);
        var pages = new List<TiffPage>();
        var known = new HashSet<uint>();
        for (uint next = cursor.Int(); next != 0; next = cursor.Int())
        {
            if (!known.Add(next) || pages.Count == MostPages) throw Flaw.Damaged(Format, "its pages form a cycle");
            cursor.Seek(next);
            int entries = cursor.Short();
            int start = cursor.Position;
            cursor.Take(12 * entries);
            pages.Add(new TiffPage(file, start, entries));
        }
        return pages.Count > 0 ? pages : throw Flaw.Damaged(Format, "it has no page");
    }
}
