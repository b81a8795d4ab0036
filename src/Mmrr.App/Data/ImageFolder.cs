using System.IO.Enumeration;

namespace Mmrr.App.Data;

/// <summary>The image files under a folder.</summary>
internal static class ImageFolder
{
    /// <summary>
    /// Files with an image's extension as relative paths with forward slashes, in ordinal order, which is the same on every machine. Files and folders whose name starts with a dot
    /// are left out. Symbolic links are followed, but for those that lead back to a folder above them: there each image would be found again and again.
    /// </summary>
    /// <param name="folder">It must be there.</param>
    /// <param name="recursive">Whether to look into sub-folders too.</param>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read.</exception>
    public static IEnumerable<string> Files(string folder, bool recursive)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = recursive, IgnoreInaccessible = false, AttributesToSkip = 0 };
        var files = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName[0] != '.' && ImageFile.HasImageExtension(entry.FileName.ToString()),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => entry.FileName[0] != '.' && !((entry.Attributes & FileAttributes.ReparsePoint) != 0 && LeadsBack(entry.ToFullPath())),
        };
        return files.Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal);
    }

    private static bool LeadsBack(string link)
    {
        string place = Resolve(Path.GetDirectoryName(link)!), target = Resolve(link);
        return target == place || place.StartsWith(Path.TrimEndingDirectorySeparator(target) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    /// <summary>A folder's path without links.</summary>
    private static string Resolve(string path)
    {
        if (Path.GetDirectoryName(path) is not { } above) return path;
        string here = Path.Combine(Resolve(above), Path.GetFileName(path));
        return Directory.ResolveLinkTarget(here, returnFinalTarget: false) is { } target ? Resolve(target.FullName) : here;
    }
}
