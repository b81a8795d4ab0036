using System.IO.Enumeration;

namespace Mmrr.Training.Data;

/// <summary>The image files under a folder.</summary>
internal static class ImageFolder
{
    /// <summary>The expected content of a folder of images, for messages.</summary>
    public const string Expected = "expected .png, .jpg, .bmp, .webp, .tif, .pgm or .ppm files";

    // Formats of the last two lines are not read but are images: each file is reported with the reason, not skipped.
    private static readonly string[] s_extensions =
    [
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".pgm", ".ppm", ".pbm", ".pnm",
        ".gif", ".heic", ".heif", ".avif", ".jp2", ".j2k", ".jxl", ".tga", ".ico", ".cur", ".psd", ".exr", ".hdr", ".pam", ".pcx", ".dcm", ".jxr", ".qoi",
        ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf",
    ];

    // Folders that systems, photo servers and archives create among images: thumbnails, trash, metadata.
    private static readonly string[] s_foreign =
    [
        "@eaDir", "@tmp", "@Recycle", "#recycle", "#snapshot", "~snapshot", "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "__MACOSX",
        "lost+found", "Network Trash Folder", "Temporary Items", "thumbnails", "__pycache__",
    ];

    /// <summary>
    /// Whether the name has the extension of an image file, in any case: of a format that is read, or of one that <see cref="ImageFile.Read"/> rejects with
    /// a reason (.gif, .heic, .tga and the like).
    /// </summary>
    public static bool HasImageExtension(string path) => s_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Files with an image's extension, in sub-folders too, as relative paths with forward slashes, in ordinal order, which is the same on every machine.
    /// Files and folders whose name starts with a dot are left out, as are folders of systems and photo servers, and output of this program. Symbolic links
    /// are followed, except to a folder that is walked anyway or above one: each image is found once.
    /// </summary>
    /// <param name="folder">The folder; it must exist.</param>
    /// <param name="omissions">Receives what is left out.</param>
    /// <param name="unreadable">Called with a line for each sub-folder that cannot be read, and the walk continues; where it is null, the first one ends
    /// the walk.</param>
    /// <exception cref="UnauthorizedAccessException">A folder cannot be read.</exception>
    public static string[] Files(string folder, Omissions omissions, Action<string>? unreadable = null)
    {
        List<string> walked = [RealPath.Of(folder)];
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = 0 };
        var files = new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(), options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && IsWanted(entry.ToFullPath(), entry.FileName.ToString(), omissions),
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                IsOpen(entry.ToFullPath(), entry.FileName.ToString(), (entry.Attributes & FileAttributes.ReparsePoint) != 0, walked, omissions)
                && (unreadable is null || CanBeRead(entry.ToSpecifiedFullPath(), unreadable)),
        };
        return [.. files.Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal)];
    }

    private static bool IsWanted(string path, string name, Omissions omissions)
    {
        if (name[0] == '.') omissions.Add("hidden", path, "");
        else if (!HasImageExtension(name))
            omissions.Add("of other kinds", path, Path.GetExtension(name) is { Length: > 0 } extension ? extension.ToLowerInvariant() : name);
        else if (OwnOutput.IsPicture(path)) omissions.Add("pictures that mmrr made", path, "");
        else return true;
        return false;
    }

    private static bool IsOpen(string path, string name, bool link, List<string> walked, Omissions omissions)
    {
        if (name[0] == '.') omissions.Add("hidden", path, name);
        else if (s_foreign.Contains(name, StringComparer.OrdinalIgnoreCase)) omissions.Add("folders of systems and other programs", path, name);
        else if (OwnOutput.IsRun(path)) omissions.Add("runs of mmrr", path, name);
        else if (link && LeadsBack(path, walked)) omissions.Add("links to folders that are searched anyway", path, name);
        else if (name.Contains('\uFFFD', StringComparison.Ordinal) && !Directory.Exists(path))
            omissions.Add("folders with names that are not UTF-8, which cannot be opened", path, name);
        else return true;
        return false;
    }

    private static bool CanBeRead(string folder, Action<string> unreadable)
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(folder).GetEnumerator();
            entries.MoveNext();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            unreadable($"{folder}: cannot be read: {e.Message.ReplaceLineEndings(" ")}");
            return false;
        }
    }

    /// <summary>
    /// Whether a link leads to a folder that is walked anyway, or to one above such a folder; if not, the target is added to the walked folders.
    /// </summary>
    private static bool LeadsBack(string link, List<string> walked)
    {
        if (walked.Exists(folder => RealPath.Contains(folder, link) || RealPath.Contains(link, folder))) return true;
        walked.Add(RealPath.Of(link));
        return false;
    }
}
