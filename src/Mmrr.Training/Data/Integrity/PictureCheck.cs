namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Whether a file holds one whole picture of a format that is read, asked before anything of it is decoded. Decoders answer this by what they happen to notice,
/// which differs from format to format.
/// </summary>
internal static class PictureCheck
{
    /// <summary>Checks a file whatever its name.</summary>
    /// <exception cref="InvalidDataException">It does not, in one line without the file's name.</exception>
    public static PictureHeader Check(byte[] file) => file switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1a, (byte)'\n', ..] => PngCheck.Check(file),
        [0xff, 0xd8, 0xff, ..] => JpegCheck.Check(file),
        [(byte)'B', (byte)'M', ..] => BmpCheck.Check(file),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebpCheck.Check(file),
        _ when TiffCheck.Is(file) => TiffCheck.Check(file),
        _ => throw new InvalidDataException(ImageSignature.Explain(file)),
    };
}
