using ILGPU;

namespace Mmrr;

/// <summary>The body of an operation on <c>cpu</c>. Every worker runs it, with the same tensors.</summary>
/// <param name="worker">The current worker; it determines the body's part.</param>
/// <param name="inputs">The values of the inputs, in order.</param>
/// <param name="outputs">The values to write.</param>
public delegate void SimdBody(Worker worker, SimdInputs inputs, SimdOutputs outputs);

/// <summary>The body of an operation on <c>cuda</c> and <c>simt</c>. The host runs it once to launch one or more kernels.</summary>
/// <param name="launch">Launches kernels.</param>
/// <param name="inputs">Views of the inputs, in order; kernels must not write to them.</param>
/// <param name="outputs">Views of the outputs, to which kernels write.</param>
public delegate void SimtBody(SimtLaunch launch, ArrayView<float>[] inputs, ArrayView<float>[] outputs);

/// <summary>
/// Runs user-defined kernels. Like the engine's, an operation has two bodies: vectorised C# for <c>cpu</c>, and GPU kernels for <c>cuda</c> and
/// <c>simt</c>.
/// <code>
/// OwnKernel.Run("Cube.Forward", [x], [y],
///     (worker, inputs, outputs) =>
///     {
///         var (begin, end) = worker.Share(inputs[0].Length, 4096);
///         for (int i = begin; i &lt; end; i++) outputs[0][i] = inputs[0][i] * inputs[0][i] * inputs[0][i];
///     },
///     (launch, inputs, outputs) => launch.Run(SimtGrid.Threads(x.Count), CubeKernel, inputs[0], outputs[0], x.Count));
/// </code>
/// The bodies may access only the tensors passed here, so that the device knows what they read and write. On <c>cpu</c> the body runs later, when the host
/// next reads values: the tensors may be disposed as soon as this returns, but the body must not use captured handles.
/// </summary>
public static class OwnKernel
{
    /// <summary>Enqueues an operation on the device of its tensors, after everything enqueued before.</summary>
    /// <param name="operation">Its name, in errors and in profiles.</param>
    /// <param name="inputs">Tensors that it reads and does not write.</param>
    /// <param name="outputs">Tensors that it writes, at least one. A tensor that is modified in place is passed only here.</param>
    /// <param name="simd">The body on <c>cpu</c>. An exception from it reaches the host at the next synchronisation, with the operation's name.</param>
    /// <param name="simt">The body on <c>cuda</c> and <c>simt</c>.</param>
    /// <param name="operations">Floating-point operations, for profiles.</param>
    /// <exception cref="ArgumentException">Tensors are on several devices, or an output shares its buffer with another tensor passed here.</exception>
    /// <exception cref="ObjectDisposedException">A tensor was disposed.</exception>
    public static unsafe void Run(
        string operation, ReadOnlySpan<Tensor> inputs, ReadOnlySpan<Tensor> outputs, SimdBody simd, SimtBody simt, double operations = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        ArgumentNullException.ThrowIfNull(simd);
        ArgumentNullException.ThrowIfNull(simt);
        if (outputs.IsEmpty) throw new ArgumentException($"{operation}: there is no output, expected at least one");
        Check.Device(operation, outputs[0], inputs);
        Check.Device(operation, outputs[0], outputs);
        var largest = outputs[0].Shape;
        double bytes = 0;
        for (int i = 0; i < outputs.Length; i++)
        {
            Check.NoAlias(operation, outputs[i], inputs);
            Check.NoAlias(operation, outputs[i], outputs[..i]);
        }
        foreach (var tensor in (ReadOnlySpan<Tensor>)[.. inputs, .. outputs])
        {
            bytes += 4.0 * tensor.Count;
            if (tensor.Count > largest.Count) largest = tensor.Shape;
        }
        var device = outputs[0].Device;
        using var measured = Measurement.Of(device, operation, largest, operations, bytes);
        if (device.Kind == DeviceKind.Cpu)
        {
            SimdValues[] from = Values(inputs), to = Values(outputs);
            device.Enqueue(operation, worker => simd(worker, new SimdInputs(from), new SimdOutputs(to)));
        }
        else
        {
            simt(new SimtLaunch(device, operation), Views(inputs), Views(outputs));
        }
    }

    private static unsafe SimdValues[] Values(ReadOnlySpan<Tensor> tensors)
    {
        var values = new SimdValues[tensors.Length];
        for (int i = 0; i < values.Length; i++) values[i] = new SimdValues(tensors[i].Pointer, tensors[i].Count);
        return values;
    }

    private static ArrayView<float>[] Views(ReadOnlySpan<Tensor> tensors)
    {
        var views = new ArrayView<float>[tensors.Length];
        for (int i = 0; i < views.Length; i++) views[i] = tensors[i].View;
        return views;
    }
}

/// <summary>The inputs of an operation that runs on <c>cpu</c>, each row-major and aligned to 64 bytes.</summary>
public readonly ref struct SimdInputs
{
    private readonly SimdValues[] _values;

    internal SimdInputs(SimdValues[] values) => _values = values;

    /// <summary>The values of an input, from 0.</summary>
    public ReadOnlySpan<float> this[int index] => _values[index].Span;
}

/// <summary>The outputs of an operation that runs on <c>cpu</c>, each row-major and aligned to 64 bytes; with arbitrary values until written.</summary>
public readonly ref struct SimdOutputs
{
    private readonly SimdValues[] _values;

    internal SimdOutputs(SimdValues[] values) => _values = values;

    /// <summary>The values of an output, from 0. No two workers may write the same element between two barriers.</summary>
    public Span<float> this[int index] => _values[index].Span;
}

/// <summary>The address of a tensor's values; it stays valid until the device has run everything enqueued during the tensor's lifetime.</summary>
internal readonly unsafe struct SimdValues(float* pointer, int count)
{
    public Span<float> Span => new(pointer, count);
}
