namespace Mmrr.Kernels;

/// <summary>
/// Element-wise operations. All tensors of a call have the same shape (any) and device; an output may be one of the inputs (in place). All are
/// memory-bound: per element, 4 bytes read for each input and 4 written for the output.
/// </summary>
public static unsafe partial class Elementwise
{
    /// <summary>output = a + b.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Add(Tensor a, Tensor b, Tensor output)
    {
        const string Operation = "Elementwise.Add";
        var device = CheckBinary(Operation, "b", a, b, "output", output);
        using var measured = Measurement.Of(device, Operation, a.Shape, a.Count, 12.0 * a.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, a, b, output, default(Sum));
        else device.Simt.Launch(QuadWalk.Grid(device, a.Count), AddKernel, a.View, b.View, output.View, a.Count);
    }

    /// <summary>output = a·b.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Multiply(Tensor a, Tensor b, Tensor output)
    {
        const string Operation = "Elementwise.Multiply";
        var device = CheckBinary(Operation, "b", a, b, "output", output);
        using var measured = Measurement.Of(device, Operation, a.Shape, a.Count, 12.0 * a.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, a, b, output, default(Product));
        else device.Simt.Launch(QuadWalk.Grid(device, a.Count), MultiplyKernel, a.View, b.View, output.View, a.Count);
    }

    /// <summary>output = factor·x.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Scale(Tensor x, float factor, Tensor output)
    {
        const string Operation = "Elementwise.Scale";
        var device = CheckUnary(Operation, x, output);
        using var measured = Measurement.Of(device, Operation, x.Shape, x.Count, 8.0 * x.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, x, output, new Scaling(factor));
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), ScaleKernel, x.View, output.View, factor, x.Count);
    }

    /// <summary>output = tanh x, to 1.4 ulp.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Tanh(Tensor x, Tensor output)
    {
        const string Operation = "Elementwise.Tanh";
        var device = CheckUnary(Operation, x, output);
        using var measured = Measurement.Of(device, Operation, x.Shape, 30.0 * x.Count, 8.0 * x.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, x, output, default(HyperbolicTangent));
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), TanhKernel, x.View, output.View, x.Count);
    }

    /// <summary>inputGradient = outputGradient·(1 − output²), where output = tanh x.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void TanhBackward(Tensor output, Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "Elementwise.TanhBackward";
        var device = CheckBinary(Operation, "outputGradient", output, outputGradient, "inputGradient", inputGradient);
        using var measured = Measurement.Of(device, Operation, output.Shape, 3.0 * output.Count, 12.0 * output.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, output, outputGradient, inputGradient, default(HyperbolicTangentGradient));
        else device.Simt.Launch(QuadWalk.Grid(device, output.Count), TanhBackwardKernel, output.View, outputGradient.View, inputGradient.View, output.Count);
    }

    /// <summary>output = 1/(1 + e⁻ˣ), to 2.4 ulp; exactly 0 or 1 only where float32 rounds to it.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Sigmoid(Tensor x, Tensor output)
    {
        const string Operation = "Elementwise.Sigmoid";
        var device = CheckUnary(Operation, x, output);
        using var measured = Measurement.Of(device, Operation, x.Shape, 30.0 * x.Count, 8.0 * x.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, x, output, default(Logistic));
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), SigmoidKernel, x.View, output.View, x.Count);
    }

    /// <summary>inputGradient = outputGradient·output·(1 − output), where output = sigmoid x.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void SigmoidBackward(Tensor output, Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "Elementwise.SigmoidBackward";
        var device = CheckBinary(Operation, "outputGradient", output, outputGradient, "inputGradient", inputGradient);
        using var measured = Measurement.Of(device, Operation, output.Shape, 3.0 * output.Count, 12.0 * output.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, output, outputGradient, inputGradient, default(LogisticGradient));
        else device.Simt.Launch(QuadWalk.Grid(device, output.Count), SigmoidBackwardKernel, output.View, outputGradient.View, inputGradient.View, output.Count);
    }

    /// <summary>output = max(x, 0); NaN stays NaN.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Relu(Tensor x, Tensor output)
    {
        const string Operation = "Elementwise.Relu";
        var device = CheckUnary(Operation, x, output);
        using var measured = Measurement.Of(device, Operation, x.Shape, x.Count, 8.0 * x.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, x, output, default(Rectifier));
        else device.Simt.Launch(QuadWalk.Grid(device, x.Count), ReluKernel, x.View, output.View, x.Count);
    }

    /// <summary>inputGradient = outputGradient where output &gt; 0, otherwise 0; output = max(x, 0).</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void ReluBackward(Tensor output, Tensor outputGradient, Tensor inputGradient)
    {
        const string Operation = "Elementwise.ReluBackward";
        var device = CheckBinary(Operation, "outputGradient", output, outputGradient, "inputGradient", inputGradient);
        using var measured = Measurement.Of(device, Operation, output.Shape, output.Count, 12.0 * output.Count);
        if (device.Kind == DeviceKind.Cpu) Enqueue(Operation, output, outputGradient, inputGradient, default(RectifierGradient));
        else device.Simt.Launch(QuadWalk.Grid(device, output.Count), ReluBackwardKernel, output.View, outputGradient.View, inputGradient.View, output.Count);
    }

    /// <summary>Sets every element to <paramref name="value"/>.</summary>
    public static void Fill(float value, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(output);
        const string Operation = "Elementwise.Fill";
        var device = output.Device;
        using var measured = Measurement.Of(device, Operation, output.Shape, 0, 4.0 * output.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueFill(Operation, value, output);
        else device.Simt.Launch(QuadWalk.Grid(device, output.Count), FillKernel, output.View, value, output.Count);
    }

    private static Device CheckUnary(string operation, Tensor x, Tensor output)
    {
        Check.Device(operation, x, output);
        Check.Shape(operation, "output", output, x.Shape);
        return x.Device;
    }

    private static Device CheckBinary(string operation, string second, Tensor a, Tensor b, string third, Tensor output)
    {
        Check.Device(operation, a, b, output);
        Check.Shape(operation, second, b, a.Shape);
        Check.Shape(operation, third, output, a.Shape);
        return a.Device;
    }
}
