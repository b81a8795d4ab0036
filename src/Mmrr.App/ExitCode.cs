namespace Mmrr.App;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>The arguments or the data are wrong; one line on standard error says how.</summary>
    public const int BadInput = 2;

    /// <summary>Training was told to stop (Ctrl-C, or SIGTERM), and saved where it stood: a shell's number for SIGINT.</summary>
    public const int Interrupted = 130;
}
