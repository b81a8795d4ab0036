namespace Mmrr.App.Output;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>What was verified is not as it should be.</summary>
    public const int Failed = 1;

    /// <summary>The arguments or the data are wrong; one line on standard error says how.</summary>
    public const int BadInput = 2;

    /// <summary><c>mmrr score --fail-on-anomaly</c> found an anomaly.</summary>
    public const int Anomaly = 3;

    /// <summary>An exception that nobody meant: a defect of the program, not of its input (EX_SOFTWARE of sysexits.h).</summary>
    public const int Defect = 70;

    /// <summary>Told to stop by Ctrl-C; training, also by SIGTERM or SIGHUP, with what it had saved: a shell's number for SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>Nobody reads standard output any more: a shell's number for SIGPIPE.</summary>
    public const int BrokenPipe = 141;
}
