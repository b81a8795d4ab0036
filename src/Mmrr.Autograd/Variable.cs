using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>
/// A tensor whose operations are recorded. Leaves are created here; every other variable is the output of an <see cref="Operation"/>. Dispose a variable as
/// soon as it has been used (<c>using var h = …</c>): the recording holds its own handles to what backward needs. A <see cref="DisposeScope"/> around a
/// step, forward and backward together, does the same less precisely.
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

    /// <summary>The values. The variable owns the handle: call <see cref="Tensor.Share"/> to keep the values longer.</summary>
    public Tensor Value { get; }

    /// <summary>The shape of <see cref="Value"/>, also after disposal.</summary>
    public Shape Shape => Value.Shape;

    /// <summary>The device of the values.</summary>
    public Device Device => Value.Device;

    /// <summary>Whether this variable or one that it depends on requires a gradient.</summary>
    public bool RequiresGradient { get; }

    /// <summary>
    /// The sum of this leaf's gradients from backward since <see cref="ZeroGradient"/>; null if there are none, and for variables that are not leaves. It
    /// outlives every <see cref="DisposeScope"/>; the variable disposes it.
    /// </summary>
    public Tensor? Gradient { get; private set; }

    /// <summary>The operation that produced this variable; null for leaves and unrecorded outputs.</summary>
    internal Operation? Producer { get; }

    /// <summary>Creates a leaf that requires a gradient. It takes ownership of the handle.</summary>
    public static Variable Parameter(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Variable(value, requiresGradient: true, producer: null);
    }

    /// <summary>Creates a leaf without a gradient. It takes ownership of the handle: pass <c>value.Share()</c> to keep one.</summary>
    public static Variable Constant(Tensor value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Variable(value, requiresGradient: false, producer: null);
    }

    /// <summary>Adds the gradients of this scalar to <see cref="Gradient"/> of every leaf that it depends on.</summary>
    /// <exception cref="InvalidOperationException">
    /// This variable is not a scalar, nothing was recorded, or backward has already run through part of the recording.
    /// </exception>
    public void Backward()
    {
        if (Value.Count != 1) throw new InvalidOperationException($"Backward: {Shape} is not a scalar; pass an output gradient");
        using var one = Tensor.Empty(Device, Shape);
        Elementwise.Fill(1f, one);
        Backward(one);
    }

    /// <summary>
    /// Adds the gradients of the sum of <paramref name="outputGradient"/>⊙<see cref="Value"/> to <see cref="Gradient"/> of every leaf that this variable
    /// depends on. It consumes the recording: each operation frees its saved tensors as soon as it has run.
    /// </summary>
    /// <param name="outputGradient">Shaped like this variable; the caller keeps the handle.</param>
    /// <exception cref="ArgumentException">The gradient has a different shape or device.</exception>
    /// <exception cref="InvalidOperationException">Nothing was recorded, or backward has already run through part of the recording.</exception>
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

    /// <summary>Discards the gradient; its memory returns to the device's pool.</summary>
    public void ZeroGradient() => TakeGradient()?.Dispose();

    /// <summary>Releases the values and the gradient. An unreachable recording is released with its last variable.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Value.Dispose();
        if (Producer is null) ZeroGradient();
        if (Release()) Producer?.Drop();
    }

    internal void Retain() => _references++;

    /// <summary>Releases one reference; true if it was the last.</summary>
    internal bool Release() => --_references == 0;

    internal Tensor? TakeGradient()
    {
        var gradient = Gradient;
        Gradient = null;
        return gradient;
    }

    /// <summary>
    /// Adds to the gradient and takes ownership of the handle. Buffers may be shared with other variables, so only a buffer with a sole owner is written.
    /// </summary>
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
            // A leaf's gradient may be scaled in place later, for example by clipping: no other gradient may change with it.
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
