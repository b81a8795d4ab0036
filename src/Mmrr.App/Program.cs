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
Interruption.EndCleanly();
try
{
    return CommandLine.Run(args);
}
finally
{
    // Other threads may still be writing, for example pictures.
    AtomicFile.Abandon();
}
