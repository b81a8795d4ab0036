namespace Mmrr;

/// <summary>
/// Disposes the tensors created on this thread while the scope is open, except kept ones. Scopes nest: a kept tensor moves to the next outer scope; without
/// one, the caller must dispose it.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? s_current;

    private readonly DisposeScope? _outer;
    private readonly List<Tensor> _tensors = [];

    /// <summary>Opens a scope on this thread.</summary>
    public DisposeScope()
    {
        _outer = s_current;
        s_current = this;
    }

    /// <summary>Moves a tensor out of this scope.</summary>
    public Tensor Keep(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (_tensors.Remove(tensor)) _outer?._tensors.Add(tensor);
        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (s_current != this) throw new InvalidOperationException("dispose scopes must be closed in the reverse order of their opening, on their own thread");
        s_current = _outer;
        foreach (var tensor in _tensors) tensor.Dispose();
    }

    /// <summary>Removes a tensor from every open scope of this thread: the caller must dispose it.</summary>
    public static Tensor Detach(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        for (var scope = s_current; scope is not null; scope = scope._outer)
        {
            // The tensor is usually a recent one: search from the end.
            int i = scope._tensors.LastIndexOf(tensor);
            if (i < 0) continue;
            scope._tensors.RemoveAt(i);
            break;
        }
        return tensor;
    }

    internal static void Register(Tensor tensor) => s_current?._tensors.Add(tensor);
}
