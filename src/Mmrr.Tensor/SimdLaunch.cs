namespace Mmrr;

/// <summary>Enqueues the body of an operation on <c>cpu</c>; created by <see cref="Kernel.Run"/>.</summary>
public readonly struct SimdLaunch
{
    private readonly Device _device;
    private readonly string _operation;

    internal SimdLaunch(Device device, string operation) => (_device, _operation) = (device, operation);

    /// <summary>Enqueues a body, which every worker runs after everything enqueued before.</summary>
    public void Run(Action<Worker> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (_device is null) throw new InvalidOperationException("a launch is created by Kernel.Run");
        _device.Enqueue(_operation, body);
    }

    /// <summary>The values of a tensor, for a body that reads them.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public SimdInput Read(Tensor tensor) => new(Own(tensor));

    /// <summary>The values of a tensor, for a body that writes them; arbitrary until written.</summary>
    /// <exception cref="ArgumentException">The tensor is on another device.</exception>
    public SimdOutput Write(Tensor tensor) => new(Own(tensor));

    private Tensor Own(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (_device is null) throw new InvalidOperationException("a launch is created by Kernel.Run");
        if (tensor.Device == _device) return tensor;
        throw new ArgumentException($"{_operation}: the body takes {tensor}, which is none of its arguments; expected a tensor on {_device.Name}");
    }
}

/// <summary>
/// The values of an input on <c>cpu</c>, row-major and aligned to 64 bytes. They stay valid until the device has run everything enqueued during the tensor's
/// lifetime.
/// </summary>
public readonly unsafe struct SimdInput
{
    private readonly float* _pointer;
    private readonly int _count;

    internal SimdInput(Tensor tensor)
    {
        _pointer = tensor.Pointer;
        _count = tensor.Count;
    }

    /// <summary>The values.</summary>
    public ReadOnlySpan<float> Span => new(_pointer, _count);
}

/// <summary>The values of an output on <c>cpu</c>, as those of a <see cref="SimdInput"/>.</summary>
public readonly unsafe struct SimdOutput
{
    private readonly float* _pointer;
    private readonly int _count;

    internal SimdOutput(Tensor tensor)
    {
        _pointer = tensor.Pointer;
        _count = tensor.Count;
    }

    /// <summary>The values. No two workers may write the same element between two barriers.</summary>
    public Span<float> Span => new(_pointer, _count);
}
