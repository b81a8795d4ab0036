using System.Runtime.InteropServices;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Commands;

/// <summary>Turns the first Ctrl-C (SIGINT) or SIGTERM into a request to stop; a second one ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    // A registration ends when it is collected.
    private static PosixSignalRegistration[] s_always = [];

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    public Interruption() => _registrations = Register(Handle);

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Lets signals end the process as they would, but with nothing half written left behind; where an <see cref="Interruption"/> listens, that is asked first.</summary>
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

    // The handlers that were registered last are called first.
    private static PosixSignalRegistration[] Register(Action<PosixSignalContext> handler) =>
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(signal => PosixSignalRegistration.Create(signal, handler))];

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
