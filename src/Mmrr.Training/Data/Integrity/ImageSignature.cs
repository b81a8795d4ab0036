namespace Mmrr.Training.Data.Integrity;

/// <summary>The type of a file by its first bytes, regardless of its name; names of formats, and messages for files that cannot be read as images.</summary>
internal static class ImageSignature
{
    /// <summary>The supported formats.</summary>
    public const string Readable = "PNG, JPEG, BMP, WebP, TIFF, PGM or PPM";

    /// <summary>The supported format of a file, such as <see cref="PngCheck.Format"/>, by its first bytes; null for all others, PNM included.</summary>
    public static string? FormatOf(ReadOnlySpan<byte> file) => file switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n', ..] => PngCheck.Format,
        [0xff, 0xd8, 0xff, ..] => JpegCheck.Format,
        [(byte)'B', (byte)'M', ..] => BmpCheck.Format,
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebpCheck.Format,
        _ when TiffCheck.Is(file) => TiffCheck.Format,
        _ => null,
    };

    /// <summary>The type of the file and the remedy, such as <c>a TIFF image, which is not supported; convert it to PNG</c>.</summary>
    public static string Explain(ReadOnlySpan<byte> file) => file switch
    {
        [] => "an empty file; expected an image",
        [(byte)'I', (byte)'I', 43, 0, ..] or [(byte)'M', (byte)'M', 0, 43, ..] => Unsupported("a BigTIFF image"),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => Unsupported("a GIF image"),
        [0, 0, 0, 12, (byte)'j', (byte)'P', ..] or [0xff, 0x4f, 0xff, 0x51, ..] => Unsupported("a JPEG 2000 image"),
        [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', ..] or [0xff, 0x0a, ..] => Unsupported("a JPEG XL image"),
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'a', (byte)'v', (byte)'i', ..] => Unsupported("an AVIF image"),
        [_, _, _, _, (byte)'f', (byte)'t', (byte)'y', (byte)'p', (byte)'h' or (byte)'m', ..] => Unsupported("a HEIC image or a video"),
        [(byte)'P', (byte)'7', (byte)'\n' or (byte)' ' or (byte)'\r' or (byte)'\t', ..] => Unsupported("a PAM image"),
        [(byte)'8', (byte)'B', (byte)'P', (byte)'S', ..] => Unsupported("a Photoshop file"),
        [0, 0, 1 or 2, 0, ..] => Unsupported("an icon"),
        [(byte)'%', (byte)'P', (byte)'D', (byte)'F', ..] => Unsupported("a PDF"),
        [0x76, 0x2f, 0x31, 0x01, ..] => Unsupported("an OpenEXR image"),
        _ when file.Length > 132 && file.Slice(128, 4).SequenceEqual("DICM"u8) => Unsupported("a DICOM image"),
        _ when file.StartsWith("version https://git-lfs"u8) => "a Git LFS pointer, not the image itself; fetch it with git lfs pull",
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "a PNG file with a damaged signature, perhaps transferred as text; expected a complete file",
        _ => $"not an image of a supported format; expected {Readable}",
    };

    private static string Unsupported(string what) => Flaw.Unsupported(what).Message;
}
