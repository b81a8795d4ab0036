using Mmrr.Training.Data;

namespace Mmrr.App.Inspection;

/// <summary>A file to score.</summary>
/// <param name="Path">Where it lies, as it is printed.</param>
/// <param name="Picture">Where a picture of it belongs, relative to the folder of pictures; no two files have the same.</param>
/// <param name="Problem">Why there is nothing to read; null for a file.</param>
internal sealed record InputFile(string Path, string Picture, string? Problem = null);

/// <summary>The files behind the paths of a command line: files as given, folders with their sub-folders, in the order of their paths.</summary>
internal static class InputFiles
{
    /// <summary>Walks the paths; a folder is read when its turn comes.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <param name="omissions">Hears what is left out of folders.</param>
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
            // The pictures of a single folder need no name above them.
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
            // The whole name and one more extension: a.jpg and a.png may lie side by side.
            foreach (string file in files)
            {
                string found = Path.Combine(path, file);
                yield return new InputFile(
                    found, Path.Combine(above, $"{file}.png"), RealPath.IsWithoutContent(found) ? $"{found}: {ImageFile.NoContent}" : null);
            }
        }
    }

    /// <summary>The last name of each path, with a number where one before has it; also where upper and lower case are one.</summary>
    private static string[] Names(IReadOnlyList<string> paths)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        // Where a name's numbers go on: thousands of paths may end in the same one.
        var numbers = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var names = new string[paths.Count];
        for (int i = 0; i < names.Length; i++)
        {
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(paths[i]))) is { Length: > 0 } last ? last : "root";
            names[i] = name;
            // A file's picture gets an extension more, which a folder beside it may have as its name.
            int number = numbers.GetValueOrDefault(name, 2);
            while (!(taken.Add(names[i]) & taken.Add($"{names[i]}.png"))) names[i] = $"{name}-{number++}";
            numbers[name] = number;
        }
        return names;
    }
}
