namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks, before decoding, that a file holds one complete image of a supported format. Decoders detect defects only in part, and differently for each
/// format.
/// </summary>
internal static class PictureCheck
{
    /// <summary>Checks a file regardless of its name.</summary>
    /// <exception cref="InvalidDataException">It does not; the message is one line without the file's name.</exception>
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
