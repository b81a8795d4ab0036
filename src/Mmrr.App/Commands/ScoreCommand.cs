using System.CommandLine;
using System.Globalization;
using Mmrr.App.Data;
using Mmrr.App.Evaluation;
using Mmrr.App.Runs;
using Mmrr.Nn;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr score</c>: scores image files with a run, as CSV on standard output.</summary>
internal static class ScoreCommand
{
    // Files decoded ahead of the device: bounds the memory whatever the number of files.
    private const int Chunk = 64;

    // Images that are to be tiled keep their size.
    private const int TiledChunk = 4;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "Folder of the run." };
        var paths = new Argument<string[]>("PATH") { Description = "Image files and folders.", Arity = ArgumentArity.OneOrMore };
        paths.Validators.Add(result =>
        {
            // An argument of any number of values swallows what is no option.
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal) && !File.Exists(t.Value)) is { } unknown)
                result.AddError($"Unrecognized option '{unknown.Value}'.");
        });
        var levels = CommonOptions.Levels();
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var command = new Command("score", "Score image files: image,score,score_without_refinement on standard output.") { run, paths, levels, device, threads };
        command.SetAction(parsed =>
        {
            var folder = RunFolder.Open(parsed.GetValue(run)!);
            using var opened = Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads));
            using var scorer = Scorer.Load(folder.Path, opened);
            return Score(scorer, Files(parsed.GetValue(paths)!), parsed.GetValue(levels) ?? EvaluateCommand.DefaultLevels(folder.Options));
        });
        return command;
    }

    private static int Score(Scorer scorer, IEnumerable<string> files, int levels)
    {
        bool unreadable = false;
        Console.WriteLine("image,score,score_without_refinement");
        foreach (string[] chunk in files.Chunk(scorer.Options.Fit == ImageFit.Tile ? TiledChunk : Chunk))
        {
            var decoded = new (PreparedImage? Image, string? Error)[chunk.Length];
            Parallel.For(0, chunk.Length, i => decoded[i] = Decode(scorer, chunk[i]));
            var scores = scorer.Score([.. decoded.Where(d => d.Image is not null).Select(d => d.Image!)], levels, map: false).GetEnumerator();
            for (int i = 0; i < chunk.Length; i++)
            {
                if (decoded[i].Error is { } error)
                {
                    Console.Error.WriteLine($"mmrr: {error}");
                    unreadable = true;
                    continue;
                }
                scores.MoveNext();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{CsvField.Quote(chunk[i])},{scores.Current.Score:R},{scores.Current.ScoreWithoutRefinement:R}"));
            }
        }
        return unreadable ? ExitCode.BadInput : ExitCode.Success;
    }

    private static (PreparedImage? Image, string? Error) Decode(Scorer scorer, string file)
    {
        try
        {
            var image = ImageFile.Read(file);
            return (scorer.Prepare(image.Pixels, image.Height, image.Width, image.Channels), null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return (null, e.Message.ReplaceLineEndings(" "));
        }
    }

    /// <summary>Files as given, folders in the order of their paths.</summary>
    public static IEnumerable<string> Files(string[] paths)
    {
        foreach (string path in paths)
        {
            if (!Directory.Exists(path))
            {
                yield return path;
                continue;
            }
            foreach (string file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(ImageFile.HasImageExtension).Order(StringComparer.Ordinal)) yield return file;
        }
    }
}
