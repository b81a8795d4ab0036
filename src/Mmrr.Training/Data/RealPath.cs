namespace Mmrr.Training.Data;

/// <summary>Where files and folders really lie, whatever links lead to them.</summary>
internal static class RealPath
{
    // As the kernel's: links that go in a circle lead nowhere.
    private const int MostLinks = 40;

    /// <summary>A path without links; what is not there yet lies in the folder above it.</summary>
    public static string Of(string path) => Of(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), MostLinks);

    /// <summary>Whether two paths are the same, or the second one lies below the first.</summary>
    public static bool Contains(string folder, string other)
    {
        string relative = Path.GetRelativePath(Of(folder), Of(other));
        return relative != ".." && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }

    /// <summary>
    /// Whether a file has bytes that lie on a disk, and, where it is a link, the file that it leads to. A pipe that nobody writes to would be waited for
    /// without end, and a device read without end.
    /// </summary>
    public static bool HasContent(string path) => new FileInfo(Of(path)) is { Exists: true, Length: > 0, LinkTarget: null };

    /// <summary>Whether a file is there that has none.</summary>
    public static bool IsWithoutContent(string path) => File.Exists(path) && !HasContent(path);

    private static string Of(string path, int links)
    {
        if (Path.GetDirectoryName(path) is not { } above) return path;
        string parent = Of(above, links), here = Path.Combine(parent, Path.GetFileName(path));
        return links > 0 && new FileInfo(here).LinkTarget is { } target
            ? Of(Path.TrimEndingDirectorySeparator(Path.GetFullPath(target, parent)), links - 1)
            : here;
    }
}
