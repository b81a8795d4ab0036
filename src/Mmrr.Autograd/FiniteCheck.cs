namespace Mmrr.Autograd;

/// <summary>
/// While a scope is open on this thread, every output of an operation and every gradient in backward is read back and checked. The first value that is not
/// finite throws a <see cref="NonFiniteException"/>. The check synchronizes with the device after each operation: it is for repeating a step that went
/// wrong, not for training. Scopes nest.
/// </summary>
public sealed class FiniteCheck : IDisposable
{
    [ThreadStatic]
    private static int s_open;

    private bool _disposed;

    /// <summary>Starts checking on this thread.</summary>
    public FiniteCheck() => s_open++;

    /// <summary>Throws unless every value of the tensor is finite.</summary>
    /// <param name="tensor">The tensor to read back.</param>
    /// <param name="operation">The operation that computed it.</param>
    /// <param name="what">Its description in the message.</param>
    /// <exception cref="NonFiniteException">A value is not finite.</exception>
    public static void Check(Tensor tensor, string operation, string what)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        float[] values = tensor.ToArray();
        int element = Array.FindIndex(values, value => !float.IsFinite(value));
        if (element >= 0) throw new NonFiniteException(operation, what, tensor.Shape, element, values[element]);
    }

    /// <summary>Stops checking; call it on the thread that opened the scope.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        s_open--;
    }

    internal static void Output(Operation operation, Tensor output)
    {
        if (s_open > 0) Check(output, operation.Name, "its output");
    }

    internal static void Gradient(Operation operation, Tensor gradient)
    {
        if (s_open > 0) Check(gradient, operation.Name, "a gradient");
    }
}
