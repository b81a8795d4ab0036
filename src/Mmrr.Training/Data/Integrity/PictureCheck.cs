namespace Mmrr.Training.Data.Integrity;

/// <summary>
/// Checks, before decoding, that a file holds one complete image of a supported format. Decoders detect defects only in part, and differently for each
/// format.
/// </summary>
internal static class PictureCheck
{
    /// <summary>Checks a file regardless of its name.</summary>
    /// <exception cref="InvalidDataException">It does not; the message is one line without the file's name.</exception>
    public static PictureHeader Check(byte[] file) => ImageSignature.FormatOf(file) switch
    {
        PngCheck.Format => PngCheck.Check(file),
        JpegCheck.Format => JpegCheck.Check(file),
        BmpCheck.Format => BmpCheck.Check(file),
        WebpCheck.Format => WebpCheck.Check(file),
        TiffCheck.Format => TiffCheck.Check(file),
        _ => throw new InvalidDataException(ImageSignature.Explain(file)),
    };
}
