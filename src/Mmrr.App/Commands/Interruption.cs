using System.Runtime.InteropServices;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Commands;

/// <summary>
/// Turns the first Ctrl-C (SIGINT), SIGTERM or SIGHUP (sent when the terminal is closed) into a request to stop; a second one ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    // Kept in a field: a registration ends when it is garbage-collected.
    private static PosixSignalRegistration[] s_always = [];

    // Read at start, because a handler would hide it.
    private static readonly bool s_ignoresHangUp = IgnoresHangUp();

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Registers the signal handlers.</summary>
    public Interruption() => _registrations = Register(Handle);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>
    /// Lets signals end the process by default, without leaving partially written files; an active <see cref="Interruption"/> handles them first.
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

    // Under nohup, SIGHUP is ignored and stays ignored.
    private static PosixSignal[] Signals => s_ignoresHangUp
        ? [PosixSignal.SIGINT, PosixSignal.SIGTERM]
        : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    // The handlers registered last are called first.
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
