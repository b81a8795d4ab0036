using System.Buffers.Binary;

namespace Mmrr.App.Data;

/// <summary>What a file is by its first bytes, whatever its name says; for files that cannot be read as images.</summary>
internal static class ImageSignature
{
    private const string Convert = "convert it to PNG";

    /// <summary>What the file is and what to do about it, such as <c>a TIFF image, which is not supported; convert it to PNG</c>.</summary>
    public static string Explain(ReadOnlySpan<byte> file) => file switch
    {
        [] => "an empty file; expected an image",
        [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..] => Unsupported("a TIFF or raw camera image"),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => Unsupported("a GIF image"),
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xff, 0x4f, 0xff, 0x51, ..] => Unsupported("a JPEG 2000 image"),
        [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] or [0xff, 0x0a, ..] => Unsupported("a JPEG XL image"),
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', ..] => Unsupported("an AVIF image"),
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h' or (byte)'m', ..] => Unsupported("a HEIC image or a film"),
        [(byte)'P', >= (byte)'1' and <= (byte)'7', (byte)'\n' or (byte)' ' or (byte)'\r' or (byte)'\t', ..] => Unsupported("a PNM image"),
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => Unsupported("a Photoshop file"),
        [0, 0, 1 or 2, 0, ..] => Unsupported("an icon"),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => Unsupported("a PDF"),
        [0x76, 0x2f, 0x31, 0x01, ..] => Unsupported("an OpenEXR image"),
        _ when file.Length > 132 && file.Slice(128, 4).SequenceEqual("DICM"u8) => Unsupported("a DICOM image"),
        _ when file.StartsWith("version https://git-lfs"u8) => "a Git LFS pointer, not the image itself; fetch it with git lfs pull",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => Damaged("PNG"),
        [0xff, 0xd8, 0xff, ..] => Damaged("JPEG"),
        [(byte)'B', (byte)'M', ..] => Damaged("BMP"),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => Damaged("WebP"),
        _ => "not an image; expected PNG, JPEG, BMP or WebP",
    };

    /// <summary>
    /// Whether a JPEG has four components and no Adobe marker. Adobe's programs store inks inverted and say so by that marker; without it nobody can tell a print of the image from its
    /// negative.
    /// </summary>
    public static bool IsUnmarkedCmyk(ReadOnlySpan<byte> jpeg)
    {
        int components = 0;
        bool adobe = false;

        // Segments: 0xFF, a marker, a length that counts itself. 0xDA begins the picture's data.
        for (int i = 2; i + 4 <= jpeg.Length && jpeg[i] == 0xff;)
        {
            byte marker = jpeg[i + 1];
            if (marker == 0xff)
            {
                i++; // a fill byte
                continue;
            }

            if (marker == 0xda)
                break;
            int length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(i + 2)..]);
            if (marker is >= 0xc0 and <= 0xcf and not (0xc4 or 0xc8 or 0xcc) && i + 9 < jpeg.Length)
                components = jpeg[i + 9];
            adobe |= marker == 0xee && jpeg[(i + 4)..].StartsWith("Adobe"u8);
            i += 2 + length;
        }

        return components == 4 && !adobe;
    }

    private static string Unsupported(string what) => $"{what}, which is not supported; {Convert}";

    private static string Damaged(string what) => $"a {what} file that cannot be decoded: damaged, truncated or of a rare kind; save it as a plain PNG";
}
