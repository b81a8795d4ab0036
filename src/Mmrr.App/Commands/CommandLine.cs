using System.CommandLine;

namespace Mmrr.App.Commands;

/// <summary>All commands of <c>mmrr</c>.</summary>
internal static class CommandLine
{
    // The results of these commands are files; threshold and baselines decide at run time.
    private static readonly string[] s_writeFiles = ["demo", "train", "evaluate", "report", "figures", "verify"];

    // File names may begin with @, which the library would read as a response file of more arguments. No option has a single letter, so bundling is off.
    private static readonly ParserConfiguration s_parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Parses a command line.</summary>
    public static ParseResult Parse(string[] arguments) => Create().Parse(arguments, s_parser);

    /// <summary>The command line.</summary>
    public static RootCommand Create() => new("MMRR: anomaly detection that learns from normal images only.")
    {
        DemoCommand.Create(), TrainCommand.Create(), RunsCommand.Create(), EvaluateCommand.Create(), BaselinesCommand.Create(), ScoreCommand.Create(),
        ThresholdCommand.Create(), ReportCommand.Create(), FiguresCommand.Create(), DevicesCommand.Create(), BenchCommand.Create(), ProfileCommand.Create(),
        PtxCommand.Create(), VerifyCommand.Create(),
    };

    /// <summary>Whether a command writes only messages to standard output and its results to files.</summary>
    public static bool WritesMessagesOnly(ParseResult parsed) => s_writeFiles.Contains(parsed.CommandResult.Command.Name);

    /// <summary>The first error in the arguments, in one line that names the help command; null where there is none.</summary>
    public static string? Complaint(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0) return null;
        // Of several errors, the one that quotes the input is the most helpful.
        var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
        string command = parsed.CommandResult.Command is RootCommand ? "mmrr" : $"mmrr {parsed.CommandResult.Command.Name}";
        return $"{error.Message} ({command} --help shows the usage)";
    }
}
