using System.CommandLine;
using Mmrr.App.Commands;
using Mmrr.App.Output;
using Mmrr.Nn.Checkpoints;

StandardOutput.Prepare();
// An exception on a thread that is not awaited.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    Complaint.Report((Exception)unhandled.ExceptionObject);
    AtomicFile.Abandon();
    Environment.Exit(ExitCode.Defect);
};
// Usually an unset shell variable: as a path it would be the current folder.
if (Array.IndexOf(args, "") is var empty and >= 0)
{
    Complaint.Write($"argument {empty + 1} is empty{(empty == 0 ? "" : $", after {args[empty - 1]}")}");
    return ExitCode.BadInput;
}
Interruption.EndCleanly();
var parsed = CommandLine.Parse(args.Length == 0 ? ["--help"] : args);
if (CommandLine.Complaint(parsed) is { } complaint)
{
    Complaint.Write(complaint);
    return ExitCode.BadInput;
}
if (CommandLine.WritesMessagesOnly(parsed)) StandardOutput.HasMessagesOnly();
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
finally
{
    // Other threads may still be writing, for example pictures.
    AtomicFile.Abandon();
}
