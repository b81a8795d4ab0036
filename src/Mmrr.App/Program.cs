using System.CommandLine;
using Mmrr;
using Mmrr.App;
using Mmrr.App.Commands;
using Mmrr.Nn.Checkpoints;
using Mmrr.Ptx;

var root = new RootCommand("MMRR: anomaly detection that learns from normal images only.")
{
    DemoCommand.Create(), TrainCommand.Create(), RunsCommand.Create(), EvaluateCommand.Create(), ScoreCommand.Create(), ThresholdCommand.Create(), ReportCommand.Create(),
    FiguresCommand.Create(), DevicesCommand.Create(), BenchCommand.Create(), ProfileCommand.Create(), PtxCommand.Create(), VerifyCommand.Create(),
};
// An unset variable of a shell: as a path it would be the folder that one is in.
if (Array.IndexOf(args, "") is var empty and >= 0)
{
    Console.Error.WriteLine($"mmrr: argument {empty + 1} is empty{(empty == 0 ? "" : $", after {args[empty - 1].ReplaceLineEndings(" ")}")}");
    return ExitCode.BadInput;
}
Interruption.EndCleanly();
var parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    // Of several errors the one that names what was typed helps most.
    var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
    string command = parsed.CommandResult.Command is RootCommand ? "mmrr" : $"mmrr {parsed.CommandResult.Command.Name}";
    Console.Error.WriteLine($"mmrr: {error.Message.ReplaceLineEndings(" ")} ({command} --help tells more)");
    return ExitCode.BadInput;
}
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (IOException e) when (StandardOutput.IsUnread(e))
{
    return ExitCode.BrokenPipe;
}
catch (Exception e) when (e is UsageException or DeviceUnavailableException or DeviceMemoryException or PtxException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or OutOfMemoryException)
{
    Console.Error.WriteLine($"mmrr: {e.Message.ReplaceLineEndings(" ")}");
    return ExitCode.BadInput;
}
finally
{
    // Other threads may be writing still, pictures say.
    AtomicFile.Abandon();
}
