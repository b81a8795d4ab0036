namespace Mmrr.Training.Data.Integrity;

/// <summary>The exceptions for an image that is not complete or not supported; the caller prepends the file's name.</summary>
internal static class Flaw
{
    /// <summary>The data end before the image is complete.</summary>
    public static InvalidDataException Truncated(string format, string what) => new($"truncated {format} image: {what}; expected a complete file");

    /// <summary>The data contradict themselves.</summary>
    public static InvalidDataException Damaged(string format, string what) => new($"damaged {format} image: {what}; expected a complete file");

    /// <summary>The image may be complete, but its format is not supported.</summary>
    public static InvalidDataException Unsupported(string what) => new($"{what}, which is not supported; convert it to PNG");

    /// <summary>The file has more than one image.</summary>
    public static InvalidDataException Several(string what) => new($"{what}; expected one image: save each as a PNG file");
}
