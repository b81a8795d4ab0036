namespace Mmrr.Training.Data;

/// <summary>Resolves paths through symbolic links.</summary>
internal static class RealPath
{
    // The kernel's limit, which ends cycles of links.
    private const int MostLinks = 40;

    /// <summary>A path with links resolved; a path that does not exist yet is resolved from its parent folder.</summary>
    public static string Of(string path) => Of(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)), MostLinks);

    /// <summary>Whether two paths are the same, or the second is below the first.</summary>
    public static bool Contains(string folder, string other)
    {
        string relative = Path.GetRelativePath(Of(folder), Of(other));
        return relative != ".." && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }

    /// <summary>
    /// Whether a file, or the target of a link, is a regular file with content. Reading a pipe without a writer would wait forever, and reading a device
    /// would not end.
    /// </summary>
    public static bool HasContent(string path) => new FileInfo(Of(path)) is { Exists: true, Length: > 0, LinkTarget: null };

    /// <summary>Whether a file exists but has no content.</summary>
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
