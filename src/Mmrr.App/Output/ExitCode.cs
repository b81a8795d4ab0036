namespace Mmrr.App.Output;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>The verification failed.</summary>
    public const int Failed = 1;

    /// <summary>The arguments or the data are invalid; one line on standard error gives the reason.</summary>
    public const int BadInput = 2;

    /// <summary><c>mmrr score --fail-on-anomaly</c> found an anomaly.</summary>
    public const int Anomaly = 3;

    /// <summary>An unexpected exception: a defect of the program, not of its input (EX_SOFTWARE of sysexits.h).</summary>
    public const int Defect = 70;

    /// <summary>Stopped by Ctrl-C (training also by SIGTERM or SIGHUP, with its state saved): a shell's code for SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>The reader of standard output has gone: a shell's code for SIGPIPE.</summary>
    public const int BrokenPipe = 141;
}
