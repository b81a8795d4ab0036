using System.CommandLine;
using Mmrr.Training.Data;

namespace Mmrr.App.Commands;

/// <summary>The options that specify the location of the images and which of them are normal.</summary>
internal sealed class DataArguments
{
    /// <summary><c>--data</c>.</summary>
    public Option<string?> Data { get; } = CommonOptions.OneOf(
        new Option<string?>("--data") { HelpName = "LAYOUT", Description = $"Layout of the data: {string.Join(", ", DataSource.Kinds)}." },
        [.. DataSource.Kinds]);

    /// <summary><c>--root</c>.</summary>
    public Option<string?> Root { get; } = new("--root") { HelpName = "DIR", Description = "Folder of the data; with --data csv, the list." };

    /// <summary><c>--normal</c>.</summary>
    public Option<string?> Normal { get; } =
        new("--normal") { HelpName = "CLASS", Description = "Normal class: a label, a class name, or a category of an mvtec folder." };

    /// <summary><c>--abnormal</c>.</summary>
    public Option<string?> Abnormal { get; } =
        new("--abnormal") { HelpName = "DIR", Description = "With --data folder: a folder of abnormal images for the evaluation." };

    /// <summary>Deconstructs into the four options.</summary>
    public void Deconstruct(out Option<string?> data, out Option<string?> root, out Option<string?> normal, out Option<string?> abnormal) =>
        (data, root, normal, abnormal) = (Data, Root, Normal, Abnormal);

    /// <summary>The value of <c>--normal</c>, without the separator that shells append to the name of a folder; empty where it is not given.</summary>
    public string NormalOf(ParseResult parsed) => (parsed.GetValue(Normal) ?? "").TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);

    /// <summary>Checks that the options are consistent.</summary>
    /// <returns>The layout; null where none is given.</returns>
    /// <exception cref="UsageException">The options are not consistent.</exception>
    public string? Check(ParseResult parsed)
    {
        if (parsed.GetValue(Data) is not { } kind) return null;
        if (parsed.GetValue(Root) is null) throw new UsageException($"--data {kind} needs --root DIR");
        bool labelled = kind is not ("folder" or "csv");
        if (labelled && parsed.GetValue(Normal) is null) throw new UsageException($"--data {kind} needs --normal CLASS");
        if (!labelled && parsed.GetValue(Normal) is not null)
            throw new UsageException(
                $"--data {kind} takes no --normal: {(kind == "csv" ? "the list specifies which images are normal" : "all of its images are normal")}");
        if (kind != "folder" && parsed.GetValue(Abnormal) is not null) throw new UsageException($"--abnormal belongs to --data folder, not to {kind}");
        return kind;
    }
}
