using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

/// <summary>Checks whether results can be written, before the work that would otherwise be lost.</summary>
internal static class OutputPlace
{
    /// <summary>Tries to create a file for a path, in its nearest existing parent folder; the file is removed again.</summary>
    /// <param name="name">The option that names the path, for the message.</param>
    /// <param name="path">A folder or a file to be written; it and its parent folders need not exist.</param>
    /// <exception cref="UsageException">The path cannot be written.</exception>
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
            throw new UsageException($"{name} {path}: cannot be written, no file can be created in {folder}");
        }
    }

    /// <summary>The same for a folder of results; it must not be a run, whose own files have the same names.</summary>
    /// <param name="name">The option that names the folder.</param>
    /// <param name="path">The folder.</param>
    /// <param name="inputs">Files and folders of images; the results must not be among them, where the next run would read them as images.</param>
    /// <exception cref="UsageException">The path cannot or must not be written.</exception>
    public static void CheckFolder(string name, string path, IEnumerable<string> inputs)
    {
        if (File.Exists(path)) throw new UsageException($"{name} {path}: is a file, expected a folder");
        if (File.Exists(Path.Combine(path, RunFolder.ConfigurationFile)))
            throw new UsageException($"{name} {path}: holds a run, whose own files would be replaced; choose another folder");
        foreach (string input in inputs)
        {
            if (Directory.Exists(input) && RealPath.Contains(input, path))
                throw new UsageException($"{name} {path}: lies within {input}; its pictures would be read as images of that folder");
            if (File.Exists(input) && RealPath.Contains(path, input))
                throw new UsageException($"{name} {path}: holds the image {input}, and results must not be among images; choose another folder");
        }
        Check(name, path);
    }

    /// <summary>Rejects a folder for a run that contains the run's data: as a run it would be skipped wherever folders are walked.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="inputs">Files and folders of the data.</param>
    /// <exception cref="UsageException">The folder contains one of them.</exception>
    public static void CheckRun(string path, params IEnumerable<string?> inputs)
    {
        if (inputs.FirstOrDefault(i => i is not null && RealPath.Contains(path, i)) is { } inside)
            throw new UsageException($"--out {path}: holds the data, {inside}; a run needs its own folder");
    }

    /// <summary>Checks whether a file can be written and is not one of the files read.</summary>
    /// <param name="name">The option that names the file, for the message.</param>
    /// <param name="path">The file.</param>
    /// <param name="inputs">Files and folders that are read.</param>
    /// <exception cref="UsageException">The path cannot or must not be written.</exception>
    public static void CheckFile(string name, string path, params IEnumerable<string?> inputs)
    {
        if (Directory.Exists(path)) throw new UsageException($"{name} {path}: is a folder, expected a file");
        if (IsDevice(path)) throw new UsageException($"{name} {path}: is a device, expected a file");
        if (inputs.Any(i => i is not null && (RealPath.Of(i) == RealPath.Of(path) || (File.Exists(path) && Directory.Exists(i) && RealPath.Contains(i, path)))))
            throw new UsageException($"{name} {path}: is also an input, or is among the inputs, and would be replaced; choose another file");
        Check(name, path);
    }

    // For an administrator, the new file would take the device's place.
    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && !RealPath.Contains("/dev/shm", path)
        && (RealPath.Contains("/dev", path) || Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal));

    /// <summary>Rejects a path in a read-only run; the message names the alternative.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="path">The path to be written in it.</param>
    /// <param name="elsewhere">The part of the message on <c>--out</c>.</param>
    /// <exception cref="UsageException">No file can be created in the run.</exception>
    public static void CheckInRun(string run, string path, string elsewhere)
    {
        if (!IsWritable(run)) throw new UsageException($"{path}: cannot be written, no file can be created in {run}; {elsewhere}");
    }

    /// <summary>Whether files can be created in an existing folder.</summary>
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
