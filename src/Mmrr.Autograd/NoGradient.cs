namespace Mmrr.Autograd;

/// <summary>While a scope is open on this thread, operations are not recorded and save nothing for backward. Scopes nest.</summary>
public sealed class NoGradient : IDisposable
{
    private bool _disposed;

    /// <summary>Pauses recording on this thread.</summary>
    public NoGradient() => Tape.Pause();

    /// <summary>Resumes recording; call it on the thread that opened the scope.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Tape.Resume();
    }
}
