namespace Mmrr.App.Runs;

/// <summary>Asks whether results can be written, before the work is done that they would be lost with.</summary>
internal static class OutputPlace
{
    /// <summary>Tries to make a file where a path is going to be, in the nearest folder above that there is already; nothing stays behind.</summary>
    /// <param name="name">The option that names the path, for the message.</param>
    /// <param name="path">A folder or a file that is to be written; it and folders above it need not exist.</param>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static void Check(string name, string path)
    {
        string folder = Path.GetFullPath(path);
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
        {
            if (folder != Path.GetFullPath(path) && File.Exists(folder)) throw new UsageException($"{name} {path}: {folder} is a file, expected a folder");
            folder = above;
        }
        try
        {
            using var probe = new FileStream(Path.Combine(folder, $".{Path.GetRandomFileName()}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{name} {path}: cannot be written, no file can be made in {folder}");
        }
    }

    /// <summary>The same for a folder of results; it must not be a run, whose own files have the same names.</summary>
    /// <param name="name">The option that names the folder.</param>
    /// <param name="path">The folder.</param>
    /// <param name="inputs">Files and folders of images; the results must not lie among them, where a second time they would be taken for images.</param>
    /// <exception cref="UsageException">It cannot be written, or must not.</exception>
    public static void CheckFolder(string name, string path, IEnumerable<string> inputs)
    {
        if (File.Exists(path)) throw new UsageException($"{name} {path}: is a file, expected a folder");
        if (File.Exists(Path.Combine(path, RunFolder.ConfigurationFile))) throw new UsageException($"{name} {path}: holds a run, whose own files would be replaced; choose another folder");
        if (inputs.FirstOrDefault(i => Directory.Exists(i) && Contains(i, path)) is { } around)
            throw new UsageException($"{name} {path}: lies within {around}; its pictures would be taken for images of that folder");
        Check(name, path);
    }

    private static bool Contains(string folder, string other)
    {
        string relative = Path.GetRelativePath(folder, other);
        return relative != ".." && !relative.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }
}
