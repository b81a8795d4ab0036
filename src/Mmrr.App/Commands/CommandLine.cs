using System.CommandLine;
using System.CommandLine.Parsing;
using Mmrr.App.Output;
using Mmrr.Training.Data;

namespace Mmrr.App.Commands;

/// <summary>All commands of <c>mmrr</c>.</summary>
internal static class CommandLine
{
    // The results of these commands are files; threshold and baselines decide at run time.
    private static readonly string[] s_writeFiles = ["demo", "train", "evaluate", "report", "figures", "export", "verify", "run"];

    // File names may begin with @, which the library would read as a response file of more arguments. No option has a single letter, so bundling is off.
    private static readonly ParserConfiguration s_parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs a command; returns the exit code. Any exception is reported on <see cref="Console.Error"/>.</summary>
    public static int Run(string[] arguments)
    {
        // Usually an unset shell variable: as a path it would be the current folder.
        if (Array.IndexOf(arguments, "") is var empty and >= 0)
        {
            Complaint.Write($"argument {empty + 1} is empty{(empty == 0 ? "" : $", after {arguments[empty - 1]}")}");
            return ExitCode.BadInput;
        }
        var parsed = Create().Parse(arguments.Length == 0 ? ["--help"] : arguments, s_parser);
        if (ErrorOf(parsed) is { } complaint)
        {
            Complaint.Write(complaint);
            return ExitCode.BadInput;
        }
        if (WritesMessagesOnly(parsed)) StandardOutput.HasMessagesOnly();
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e) when (StandardOutput.IsUnread(e))
        {
            return ExitCode.BrokenPipe;
        }
        catch (Exception e) when (Outside.Is(e))
        {
            Complaint.Write(Outside.Message(e));
            return ExitCode.BadInput;
        }
#pragma warning disable CA1031 // Any exception: it must not be reported as bad input or end the process with a signal.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Complaint.Report(e);
            return ExitCode.Defect;
        }
    }

    /// <summary>Runs a command as a part of another one: what goes wrong is thrown.</summary>
    /// <param name="arguments">The command and its arguments.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The arguments are wrong.</exception>
    public static int RunWithin(IReadOnlyList<string> arguments)
    {
        var parsed = Create().Parse(arguments, s_parser);
        if (parsed.Errors.Count > 0) throw new UsageException(MessageOf(parsed));
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
    }

    /// <summary>The first error in arguments, of <c>train</c> also in what they are together, one line; null where there is none.</summary>
    public static string? ErrorIn(IReadOnlyList<string> arguments)
    {
        var parsed = Create(onlyChecks: true).Parse(arguments, s_parser);
        if (parsed.Errors.Count > 0) return MessageOf(parsed);
        if (parsed.CommandResult.Command.Name != "train") return null;
        try
        {
            parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            return null;
        }
        catch (UsageException e)
        {
            return e.Message;
        }
    }

    /// <summary>The command line.</summary>
    /// <param name="onlyChecks">Whether <c>train</c> only checks its options.</param>
    public static RootCommand Create(bool onlyChecks = false) => new("MMRR: anomaly detection that learns from normal images only.")
    {
        DemoCommand.Create(), TrainCommand.Create(onlyChecks), RunsCommand.Create(), EvaluateCommand.Create(), BaselinesCommand.Create(), ScoreCommand.Create(),
        ThresholdCommand.Create(), ReportCommand.Create(), FiguresCommand.Create(), ExportCommand.Create(), ServeCommand.Create(), StudyCommand.Create(),
        MethodsCommand.Create(), DevicesCommand.Create(), LimitsCommand.Create(), BenchCommand.Create(), ProfileCommand.Create(), PtxCommand.Create(),
        VerifyCommand.Create(),
    };

    /// <summary>Whether a command writes only messages to standard output and its results to files.</summary>
    private static bool WritesMessagesOnly(ParseResult parsed) => s_writeFiles.Contains(parsed.CommandResult.Command.Name);

    /// <summary>The first error in the arguments, in one line that names the help command; null where there is none.</summary>
    private static string? ErrorOf(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0) return null;
        string command = "mmrr";
        for (var at = parsed.CommandResult; at is { Command: not RootCommand }; at = at.Parent as CommandResult)
            command = command.Insert("mmrr".Length, $" {at.Command.Name}");
        return $"{MessageOf(parsed)} ({command} --help shows the usage)";
    }

    private static string MessageOf(ParseResult parsed)
    {
        // Of several errors, the one that quotes the input is the most helpful.
        var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
        // A list of choices comes with each on a line of its own.
        return error.Message.ReplaceLineEndings("\n").Replace("\n\t", " ", StringComparison.Ordinal);
    }
}
