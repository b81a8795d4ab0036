using Mmrr.Training.Data;

namespace Mmrr.App.Inspection;

/// <summary>A file to score.</summary>
/// <param name="Path">Its path, as printed.</param>
/// <param name="Picture">The path of its picture, relative to the folder of pictures; unique.</param>
/// <param name="Problem">Why it cannot be read; null for a readable file.</param>
internal sealed record InputFile(string Path, string Picture, string? Problem = null);

/// <summary>The files for the paths on a command line: files as given, folders with their sub-folders, in path order.</summary>
internal static class InputFiles
{
    /// <summary>Enumerates the files; folders are read lazily.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <param name="omissions">Receives what is left out of folders.</param>
    public static IEnumerable<InputFile> Walk(IReadOnlyList<string> paths, Omissions omissions)
    {
        string[] names = Names(paths);
        for (int i = 0; i < paths.Count; i++)
        {
            string path = paths[i];
            if (!Directory.Exists(path))
            {
                yield return new InputFile(path, $"{names[i]}.png");
                continue;
            }
            // The pictures of a single folder need no parent folder.
            string above = paths.Count == 1 ? "" : names[i];
            string[] files = [];
            string? problem = null;
            var unreadable = new List<string>();
            try
            {
                files = ImageFolder.Files(path, omissions, unreadable.Add);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem = $"{path}: cannot be read: {e.Message.ReplaceLineEndings(" ")}";
            }
            foreach (string folder in unreadable) yield return new InputFile(path, "", folder);
            if (files.Length == 0 && unreadable.Count == 0)
                yield return new InputFile(path, "", problem ?? $"{path}: no image in this folder; {ImageFolder.Expected}");
            // The full name plus an extension: a.jpg and a.png may be in the same folder.
            foreach (string file in files)
            {
                string found = Path.Combine(path, file);
                yield return new InputFile(
                    found, Path.Combine(above, $"{file}.png"), RealPath.IsWithoutContent(found) ? $"{found}: {ImageFile.NoContent}" : null);
            }
        }
    }

    /// <summary>The last name of each path, with a number where an earlier path has the same name, ignoring case.</summary>
    private static string[] Names(IReadOnlyList<string> paths)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        // The next number for each name: thousands of paths may end in the same name.
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var names = new string[paths.Count];
        for (int i = 0; i < names.Length; i++)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(paths[i]))) is { Length: > 0 } last ? last : "root";
            names[i] = name;
            // A file's picture has an additional extension; a folder in the same place may already have that name.
            int number = numbers.GetValueOrDefault(name, 2);
            while (!(taken.Add(names[i]) & taken.Add($"{names[i]}.png"))) names[i] = $"{name}-{number++}";
            numbers[name] = number;
        }
        return names;
    }
}
