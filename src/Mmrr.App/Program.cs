using System.CommandLine;
using Mmrr;
using Mmrr.App;
using Mmrr.App.Commands;
using Mmrr.Nn.Checkpoints;
using Mmrr.Ptx;

// An unset variable of a shell: as a path it would be the folder that one is in.
if (Array.IndexOf(args, "") is var empty and >= 0)
{
    Complaint.Write($"argument {empty + 1} is empty{(empty == 0 ? "" : $", after {args[empty - 1]}")}");
    return ExitCode.BadInput;
}
Interruption.EndCleanly();
var parsed = CommandLine.Create().Parse(args.Length == 0 ? ["--help"] : args);
if (CommandLine.Complaint(parsed) is { } complaint)
{
    Complaint.Write(complaint);
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
catch (Exception e) when (IsOutside(e) || e is AggregateException several && several.InnerExceptions.All(IsOutside))
{
    // Of what went wrong on several threads at once, one will do.
    Complaint.Write((e is AggregateException { InnerExceptions: [var first, ..] } ? first : e).Message);
    return ExitCode.BadInput;
}
finally
{
    // Other threads may be writing still, pictures say.
    AtomicFile.Abandon();
}

// What lies outside of the program: arguments, files, devices, memory. All else is a defect, and shows where it is.
static bool IsOutside(Exception e) => e is UsageException or DeviceUnavailableException or DeviceMemoryException or PtxException or InvalidDataException or IOException
    or UnauthorizedAccessException or ArgumentException or OutOfMemoryException;
