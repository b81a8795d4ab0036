using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>
/// A tensor that operations record themselves on. Leaves are made here; every other variable is the output of an <see cref="Operation"/>.
/// Dispose a variable as soon as it has been used (<c>using var h = …</c>): what backward needs of it, the recording holds handles of
/// its own on. A <see cref="DisposeScope"/> around a step, forward and backward together, does the same more coarsely.
/// </summary>
public sealed class Variable : IDisposable
{
    // The user's own reference, and one for each recorded operation that reads this variable.
    private int _references = 1;
    private bool _disposed;

    internal Variable(Tensor value, bool requiresGradient, Operation? producer)
    {
        Value = value;
        RequiresGradient = requiresGradient;
        Producer = producer;
    }

    /// <summary>The values. The handle is the variable's: <see cref="Tensor.Share"/> it to keep the values longer.</summary>
    public Tensor Value { get; }

    /// <summary>The sizes of <see cref="Value"/>, also after it was disposed.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>Where the values are.</summary>
    public Device Device => Value.Device;

    /// <summary>Whether a gradient is asked for, here or further back.</summary>
    public bool RequiresGradient { get; }

    /// <summary>
    /// The sum of the gradients that backward brought to this leaf since <see cref="ZeroGradient"/>; null when there were none, and on
    /// variables that are not leaves. It outlives every <see cref="DisposeScope"/> and is the variable's to dispose.
    /// </summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>The operation this is the output of; null on leaves and on what was not recorded.</summary>
    internal Operation? Producer { get; }

    /// <summary>A leaf that wants a gradient. It takes over the handle.</summary>
    public static Variable Parameter(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Variable(value, requiresGradient: true, producer: null);
    }

    /// <summary>A leaf without a gradient. It takes over the handle: pass <c>value.Share()</c> to keep one.</summary>
    public static Variable Constant(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Variable(value, requiresGradient: false, producer: null);
    }

    /// <summary>The gradients of this scalar, added to <see cref="Gradient"/> of every leaf behind it.</summary>
    /// <exception cref="InvalidOperationException">
    /// This is not a scalar; or nothing was recorded; or backward has already been through some of what was recorded.
    /// </exception>
    public void Backward()
    {
        if (Value.Count != 1) throw new InvalidOperationException($"Backward: {Shape} is not a scalar; give the gradient to begin with");
        using var one = Tensor.Empty(Device, Shape);
        Elementwise.Fill(1f, one);
        Backward(one);
    }

    /// <summary>
    /// The gradients of the sum of <paramref name="outputGradient"/>⊙<see cref="Value"/>, added to <see cref="Gradient"/> of every leaf
    /// behind it. The recording is used up: each operation frees what it saved as soon as its turn is over.
    /// </summary>
    /// <param name="outputGradient">As this variable; the handle stays the caller's.</param>
    /// <exception cref="ArgumentException">The gradient has another shape or device.</exception>
    /// <exception cref="InvalidOperationException">Nothing was recorded, or backward has already been through some of it.</exception>
    public void Backward(Tensor outputGradient)
    {
        ArgumentNullException.ThrowIfNull(outputGradient);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!RequiresGradient)
        {
            throw new InvalidOperationException("Backward: nothing was recorded here; no input requires a gradient, or a NoGradient scope was open");
        }
        if (!outputGradient.Shape.Equals(Shape) || outputGradient.Device != Device)
        {
            throw new ArgumentException($"Backward: the output gradient is {outputGradient}, expected {Value}");
        }
        Tape.Backward(this, outputGradient);
    }

    /// <summary>Forgets the gradient; its memory goes back to the device's pool.</summary>
    public void ZeroGradient() => TakeGradient()?.Dispose();

    /// <summary>Releases the values and the gradient. A recording that nothing can reach any more is released with its last variable.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Value.Dispose();
        if (Producer is null) ZeroGradient();
        if (Release()) Producer?.Drop();
    }

    internal void Retain() => _references++;

    /// <summary>Gives up one reference; true when it was the last.</summary>
    internal bool Release() => --_references == 0;

    internal Tensor? TakeGradient()
    {
        var gradient = Gradient;
        Gradient = null;
        return gradient;
    }

    /// <summary>Adds to the gradient; takes over the handle. Buffers may be shared with other variables, so only a sole owner's is written to.</summary>
    internal void Accumulate(Tensor gradient)
    {
        bool leaf = Producer is null;
        if (leaf && _disposed)
        {
            gradient.Dispose();
            return;
        }
        if (Gradient is { } sum)
        {
            var target = sum.IsSoleOwner ? sum : gradient.IsSoleOwner ? gradient : Tensor.Empty(Device, Shape);
            Elementwise.Add(sum, gradient, target);
            Replace(sum, target);
            Replace(gradient, target);
            gradient = target;
        }
        else if (leaf && !gradient.IsSoleOwner)
        {
            // A leaf's gradient may be scaled in place later on, by clipping say: nobody else's may change with it.
            var copy = Tensor.Empty(Device, Shape);
            Elementwise.Scale(gradient, 1f, copy);
            Replace(gradient, copy);
            gradient = copy;
        }
        Gradient = leaf ? DisposeScope.Detach(gradient) : gradient;
    }

    private static void Replace(Tensor old, Tensor by)
    {
        if (old != by) old.Dispose();
    }
}
