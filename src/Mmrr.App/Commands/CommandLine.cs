using System.CommandLine;

namespace Mmrr.App.Commands;

/// <summary>All commands of <c>mmrr</c>.</summary>
internal static class CommandLine
{
    // Their results are files; threshold and baselines decide as they go.
    private static readonly string[] s_writeFiles = ["demo", "train", "evaluate", "report", "figures", "verify"];

    // A name of a file may begin with @, which the library would take for a file of more arguments; and no option has one letter, so that several could be
    // written as one.
    private static readonly ParserConfiguration s_parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Takes a command line apart.</summary>
    public static ParseResult Parse(string[] arguments) => Create().Parse(arguments, s_parser);

    /// <summary>The command line.</summary>
    public static RootCommand Create() => new("MMRR: anomaly detection that learns from normal images only.")
    {
        DemoCommand.Create(), TrainCommand.Create(), RunsCommand.Create(), EvaluateCommand.Create(), BaselinesCommand.Create(), ScoreCommand.Create(),
        ThresholdCommand.Create(), ReportCommand.Create(), FiguresCommand.Create(), DevicesCommand.Create(), BenchCommand.Create(), ProfileCommand.Create(),
        PtxCommand.Create(), VerifyCommand.Create(),
    };

    /// <summary>Whether what a command writes to standard output is told by its files as well.</summary>
    public static bool WritesMessagesOnly(ParseResult parsed) => s_writeFiles.Contains(parsed.CommandResult.Command.Name);

    /// <summary>What is wrong with arguments, in one line that says where there is help; null where nothing is.</summary>
    public static string? Complaint(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0) return null;
        // Of several errors the one that names what was typed helps most.
        var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
        string command = parsed.CommandResult.Command is RootCommand ? "mmrr" : $"mmrr {parsed.CommandResult.Command.Name}";
        return $"{error.Message} ({command} --help tells more)";
    }
}
