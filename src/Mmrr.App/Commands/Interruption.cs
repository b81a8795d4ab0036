using System.Runtime.InteropServices;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Commands;

/// <summary>
/// Turns the first Ctrl-C (SIGINT), SIGTERM or SIGHUP, which a terminal sends that is closed, into a request to stop; a second one ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    // A registration ends when it is collected.
    private static PosixSignalRegistration[] s_always = [];

    // As the program was started; a handler would hide it.
    private static readonly bool s_ignoresHangUp = IgnoresHangUp();

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    public Interruption() => _registrations = Register(Handle);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>
    /// Lets signals end the process as they would, but with nothing half written left behind; where an <see cref="Interruption"/> listens, that is asked first.
    /// </summary>
    public static void EndCleanly() => s_always = Register(context =>
    {
        if (!context.Cancel) AtomicFile.Abandon();
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    // A program behind nohup was told to ignore SIGHUP, and does.
    private static PosixSignal[] Signals => s_ignoresHangUp
        ? [PosixSignal.SIGINT, PosixSignal.SIGTERM]
        : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    // The handlers that were registered last are called first.
    private static PosixSignalRegistration[] Register(Action<PosixSignalContext> handler) =>
        [.. Signals.Select(signal => PosixSignalRegistration.Create(signal, handler))];

    private static bool IgnoresHangUp()
    {
        const string Status = "/proc/self/status", Ignored = "SigIgn:";
        if (!OperatingSystem.IsLinux() || !File.Exists(Status)) return false;
        // Bit n − 1 is signal n.
        string mask = File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal))?[Ignored.Length..].Trim() ?? "0";
        return (Convert.ToUInt64(mask, 16) & 1) != 0;
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
