namespace Mmrr.Training.Data.Integrity;

/// <summary>The orientation in an image's EXIF data.</summary>
internal static class ExifOrientation
{
    private const int Tag = 0x112;

    /// <summary>
    /// The orientation in EXIF data, which have the layout of a TIFF file, with or without JPEG's prefix. 1 (upright) where it is missing or the data are
    /// damaged.
    /// </summary>
    public static int Read(ReadOnlySpan<byte> exif)
    {
        if (exif.StartsWith("Exif\0\0"u8)) exif = exif[6..];
        if (!exif.StartsWith("II*\0"u8) && !exif.StartsWith("MM\0*"u8)) return 1;
        var cursor = new ByteCursor(exif, "EXIF", exif[0] == 'M');
        try
        {
            cursor.Seek(4);
            cursor.Seek(cursor.Int());
            for (int entries = cursor.Short(); entries > 0; entries--)
            {
                int tag = cursor.Short(), type = cursor.Short();
                uint count = cursor.Int();
                int value = cursor.Short();
                if (tag == Tag) return type == 3 && count == 1 && value is >= 1 and <= 8 ? value : 1;
                cursor.Take(2);
            }
        }
        catch (InvalidDataException)
        {
            // An unreadable orientation counts as missing.
        }
        return 1;
    }
}
