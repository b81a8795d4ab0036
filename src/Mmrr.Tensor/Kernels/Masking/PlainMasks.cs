namespace Mmrr.Kernels;

/// <summary>
/// The masks with which the paper compares its own (Table 3): neither depends on the image, so neither has a gradient. Row p = n·L + l of m belongs to
/// level [n, l]. Memory-bound: 4 bytes per element.
/// </summary>
public static unsafe partial class PlainMasks
{
    /// <summary>m = μ for every element of a row.</summary>
    /// <param name="levels">[N, L], each μ in [0, 1].</param>
    /// <param name="m">[N·L, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Constant(Tensor levels, Tensor m)
    {
        const string Operation = "PlainMasks.Constant";
        var device = CheckRows(Operation, levels, m);
        using var measured = Measurement.Of(device, Operation, m.Shape, 0, 4.0 * m.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueConstant(Operation, levels, m);
        else device.Simt.Launch(QuadWalk.Grid(device, m.Count), ConstantKernel, levels.View, m.View, m.Count / levels.Count, m.Count);
    }

    /// <summary>m = 1 with probability μ, otherwise 0: element i of m is 1 where number i mod period of the stream, in [0, 1), is below μ.</summary>
    /// <param name="levels">[N, L], each μ in [0, 1]; 0 and 1 are exact.</param>
    /// <param name="seed">Philox's key.</param>
    /// <param name="stream">The upper half of Philox's counter.</param>
    /// <param name="period">Number of elements after which the numbers repeat, at least 1; m's count for no repetition.</param>
    /// <param name="m">[N·L, …].</param>
    /// <exception cref="ArgumentException">The shapes, devices or period are invalid, or buffers are shared.</exception>
    public static void Bernoulli(Tensor levels, ulong seed, ulong stream, int period, Tensor m)
    {
        const string Operation = "PlainMasks.Bernoulli";
        var device = CheckRows(Operation, levels, m);
        if (period < 1) throw new ArgumentException($"{Operation}: period is {period}, expected at least 1");
        period = Math.Min(period, m.Count);
        using var measured = Measurement.Of(device, Operation, m.Shape, m.Count, 4.0 * m.Count);
        if (device.Kind == DeviceKind.Cpu) EnqueueBernoulli(Operation, levels, seed, stream, period, m);
        else device.Simt.Launch(QuadWalk.Grid(device, period), BernoulliKernel, levels.View, m.View, seed, stream, m.Count / levels.Count, period, m.Count);
    }

    private static Device CheckRows(string operation, Tensor levels, Tensor m)
    {
        Check.Device(operation, levels, m);
        Check.Rank(operation, "levels", levels, 2, "[N, L]");
        if (m.Shape.Rank < 1 || m.Shape[0] != levels.Count)
        {
            throw new ArgumentException($"{operation}: m is {m.Shape}, expected {levels.Count} rows, one for each of the levels {levels.Shape}");
        }
        Check.NoAlias(operation, m, levels);
        return levels.Device;
    }
}
