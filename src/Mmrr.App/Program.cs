using System.CommandLine;
using Mmrr;
using Mmrr.App;
using Mmrr.App.Commands;
using Mmrr.Ptx;

var root = new RootCommand("MMRR: anomaly detection that learns from normal images only.")
{
    DemoCommand.Create(), TrainCommand.Create(), EvaluateCommand.Create(), ScoreCommand.Create(), ThresholdCommand.Create(), DevicesCommand.Create(), BenchCommand.Create(),
    ProfileCommand.Create(), PtxCommand.Create(), VerifyCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    // Of several errors the one that names what was typed helps most.
    var error = parsed.Errors.FirstOrDefault(e => e.Message.StartsWith("Unrecognized", StringComparison.Ordinal)) ?? parsed.Errors[0];
    Console.Error.WriteLine($"mmrr: {error.Message.ReplaceLineEndings(" ")} (mmrr --help tells more)");
    return ExitCode.BadInput;
}
try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is UsageException or DeviceUnavailableException or PtxException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException)
{
    Console.Error.WriteLine($"mmrr: {e.Message.ReplaceLineEndings(" ")}");
    return ExitCode.BadInput;
}
