namespace Mmrr.Training.Data.Integrity;

/// <summary>The complaints about a picture that is not whole, or not of a kind that is read; who reads the file puts its name before them.</summary>
internal static class Flaw
{
    /// <summary>The data end before the picture does.</summary>
    public static InvalidDataException Truncated(string format, string what) => new($"truncated {format} image: {what}; expected a complete file");

    /// <summary>The data contradict themselves.</summary>
    public static InvalidDataException Damaged(string format, string what) => new($"damaged {format} image: {what}; expected a complete file");

    /// <summary>A whole picture, perhaps, but nobody here can read it.</summary>
    public static InvalidDataException Unsupported(string what) => new($"{what}, which is not supported; convert it to PNG");

    /// <summary>More than one picture.</summary>
    public static InvalidDataException Several(string what) => new($"{what}; expected one image: save it as a PNG file each");
}
