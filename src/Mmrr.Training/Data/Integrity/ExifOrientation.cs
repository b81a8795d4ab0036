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
                var field = new ByteCursor(cursor.Take(4), "EXIF", exif[0] == 'M');
                if (tag != Tag) continue;
                // A number of two bytes; some programs write four.
                long value = type == 3 ? field.Short() : type == 4 ? field.Int() : 1;
                return count == 1 && value is >= 1 and <= 8 ? (int)value : 1;
            }
        }
        catch (InvalidDataException)
        {
            // An unreadable orientation counts as missing.
        }
        return 1;
    }
}
