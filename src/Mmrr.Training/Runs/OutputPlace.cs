using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

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
            using var probe = new FileStream(
                Path.Combine(folder, $".{Path.GetRandomFileName()}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
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
        if (File.Exists(Path.Combine(path, RunFolder.ConfigurationFile)))
            throw new UsageException($"{name} {path}: holds a run, whose own files would be replaced; choose another folder");
        foreach (string input in inputs)
        {
            if (Directory.Exists(input) && RealPath.Contains(input, path))
                throw new UsageException($"{name} {path}: lies within {input}; its pictures would be taken for images of that folder");
            if (File.Exists(input) && RealPath.Contains(path, input))
                throw new UsageException($"{name} {path}: holds the image {input}, which results must not lie among; choose another folder");
        }
        Check(name, path);
    }

    /// <summary>Refuses a folder for a run that holds what the run is trained on: as a run it would be passed over wherever folders are walked.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="inputs">Files and folders of the data.</param>
    /// <exception cref="UsageException">It holds one of them.</exception>
    public static void CheckRun(string path, params IEnumerable<string?> inputs)
    {
        if (inputs.FirstOrDefault(i => i is not null && RealPath.Contains(path, i)) is { } inside)
            throw new UsageException($"--out {path}: holds the data, {inside}; a run needs a folder of its own");
    }

    /// <summary>Asks whether a file can be written that is none of those that are read.</summary>
    /// <param name="name">The option that names the file, for the message.</param>
    /// <param name="path">The file.</param>
    /// <param name="inputs">Files that are read, and folders.</param>
    /// <exception cref="UsageException">It cannot be written, or must not.</exception>
    public static void CheckFile(string name, string path, params IEnumerable<string?> inputs)
    {
        if (Directory.Exists(path)) throw new UsageException($"{name} {path}: is a folder, expected a file");
        if (inputs.Any(i => i is not null && (RealPath.Of(i) == RealPath.Of(path) || (File.Exists(path) && Directory.Exists(i) && RealPath.Contains(i, path)))))
            throw new UsageException($"{name} {path}: is read as well, or lies among what is read, and would be replaced; choose another file");
        Check(name, path);
    }

    /// <summary>Refuses a place in a run that one may only read, and says how to choose another.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="path">What would be written in it.</param>
    /// <param name="elsewhere">What <c>--out</c> does.</param>
    /// <exception cref="UsageException">No file can be made in the run.</exception>
    public static void CheckInRun(string run, string path, string elsewhere)
    {
        if (!IsWritable(run)) throw new UsageException($"{path}: cannot be written, no file can be made in {run}; {elsewhere}");
    }

    /// <summary>Whether files can be made in a folder that there is.</summary>
    public static bool IsWritable(string folder)
    {
        try
        {
            Check("", folder);
            return true;
        }
        catch (UsageException)
        {
            return false;
        }
    }
}
