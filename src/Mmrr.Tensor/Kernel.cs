namespace Mmrr;

/// <summary>
/// The door through which every operation on tensors passes, the engine's own as well as those of others. The caller gives the tensors with their shapes,
/// the cost and two bodies; checks of shapes, devices and aliases, the choice of the body and the profile follow.
/// <code>
/// public static void Forward(Tensor x, Tensor output) => Kernel.Run(
///     "Cube.Forward", [("x", x)], [("output", output, x.Shape)],
///     simd =>
///     {
///         var (from, to) = (simd.Read(x), simd.Write(output));
///         simd.Run(worker =>
///         {
///             var (begin, end) = worker.Share(from.Span.Length, 4096);
///             for (int i = begin; i &lt; end; i++) to.Span[i] = from.Span[i] * from.Span[i] * from.Span[i];
///         });
///     },
///     simt => simt.Run(SimtGrid.Threads(x.Count), ForwardKernel, new CubeArguments { X = x.View, Output = output.View, Count = x.Count }),
///     operations: 2.0 * x.Count);
/// </code>
/// </summary>
public static class Kernel
{
    /// <summary>Up to this many arguments are compared in pairs: that takes less time than to fill a set.</summary>
    private const int FewArguments = 16;

    /// <summary>Checks the arguments and enqueues or launches the body for their device; returns before the device has run it.</summary>
    /// <param name="operation">The name in messages and profiles.</param>
    /// <param name="inputs">What is read.</param>
    /// <param name="outputs">What is written, at least one; no two share a buffer.</param>
    /// <param name="simd">
    /// The body on <c>cpu</c>, run on the host: it may create intermediate tensors, and calls <see cref="SimdLaunch.Run"/> once. A tensor that it disposes
    /// stays valid until what was enqueued has run. An exception in a worker reaches the host at the next synchronisation, with the operation's name.
    /// </param>
    /// <param name="simt">The body on <c>cuda</c> and <c>simt</c>, run on the host: it launches kernels.</param>
    /// <param name="operations">Floating-point operations, for profiles.</param>
    /// <param name="bytes">Minimum bytes read and written, for profiles; by default every argument once.</param>
    /// <param name="inPlace">Whether an output may be one of the inputs.</param>
    /// <exception cref="ArgumentException">
    /// A shape differs from the expected one, tensors are on several devices, or an output shares its buffer with another argument.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A tensor was disposed.</exception>
    public static void Run(
        string operation, ReadOnlySpan<Argument> inputs, ReadOnlySpan<Argument> outputs, Action<SimdLaunch> simd, Action<SimtLaunch> simt,
        double operations = 0, double? bytes = null, bool inPlace = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        ArgumentNullException.ThrowIfNull(simd);
        ArgumentNullException.ThrowIfNull(simt);
        Tensor? largest = null;
        double touched = 0;
        Verify(operation, inputs, ref largest, ref touched);
        Verify(operation, outputs, ref largest, ref touched);
        if (inputs.Length + outputs.Length <= FewArguments || AnyAliases(inputs, outputs, inPlace))
        {
            if (!inPlace) CheckAliases(operation, inputs, outputs);
            CheckAliases(operation, outputs);
        }
        if (First(outputs) is not { } first) throw new ArgumentException($"{operation}: there is no output, expected at least one");
        var device = first.Device;
        foreach (var output in outputs) output.Tensor?.CountWrite();
        using var measured = Measurement.Of(device, operation, largest!.Shape, operations, bytes ?? touched);
        if (device.Kind == DeviceKind.Cpu) simd(new SimdLaunch(device, operation));
        else simt(new SimtLaunch(device, operation));
        if (device.AfterOperation is { } after) after(operation, [.. outputs.ToArray().Select(output => output.Tensor).OfType<Tensor>()]);
    }

    /// <summary>Checks each argument and that all are on one device; finds the largest and the bytes of all.</summary>
    private static void Verify(string operation, ReadOnlySpan<Argument> arguments, ref Tensor? largest, ref double bytes)
    {
        foreach (var argument in arguments)
        {
            argument.Verify(operation);
            if (argument.Tensor is not { } tensor) continue;
            if (largest is not null) Check.Device(operation, largest, tensor);
            bytes += sizeof(float) * (double)tensor.Count;
            if (largest is null || tensor.Count > largest.Count) largest = tensor;
        }
    }

    private static void CheckAliases(string operation, ReadOnlySpan<Argument> inputs, ReadOnlySpan<Argument> outputs)
    {
        foreach (var output in outputs)
        {
            if (output.Tensor is null) continue;
            foreach (var input in inputs) Check.NoAlias(operation, output.Tensor, input.Tensor);
        }
    }

    private static void CheckAliases(string operation, ReadOnlySpan<Argument> outputs)
    {
        for (int i = 1; i < outputs.Length; i++) CheckAliases(operation, outputs[..i], outputs.Slice(i, 1));
    }

    /// <summary>Whether the comparison of the pairs will find a shared buffer, in linear time: an optimizer's step has hundreds of arguments.</summary>
    private static bool AnyAliases(ReadOnlySpan<Argument> inputs, ReadOnlySpan<Argument> outputs, bool inPlace)
    {
        var written = new HashSet<object>(outputs.Length);
        foreach (var output in outputs)
        {
            if (output.Tensor is { } tensor && !written.Add(tensor.SharedBuffer)) return true;
        }
        if (inPlace) return false;
        foreach (var input in inputs)
        {
            if (input.Tensor is { } tensor && written.Contains(tensor.SharedBuffer)) return true;
        }
        return false;
    }

    private static Tensor? First(ReadOnlySpan<Argument> arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument.Tensor is { } tensor) return tensor;
        }
        return null;
    }
}
