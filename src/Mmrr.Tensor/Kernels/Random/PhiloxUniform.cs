namespace Mmrr.Kernels;

/// <summary>
/// Uniform noise from <see cref="Philox"/>: element i is number i mod period of a stream, so that every device draws the same bits, and one draw can serve
/// all the levels of an image (period: the size of one copy). Per element 4 bytes and about 20 integer operations.
/// </summary>
public static unsafe partial class PhiloxUniform
{
    /// <summary>output[i] = number i mod <paramref name="period"/> of the stream, mapped to [low, high).</summary>
    /// <param name="seed">Philox's key.</param>
    /// <param name="stream">The upper half of Philox's counter.</param>
    /// <param name="low">The smallest value.</param>
    /// <param name="high">The exclusive upper bound.</param>
    /// <param name="period">Number of elements after which the numbers repeat, at least 1; the output's count for no repetition.</param>
    /// <param name="output">Any shape.</param>
    /// <exception cref="ArgumentException">The period is below 1, low is not below high, or their difference is not finite.</exception>
    public static void Fill(ulong seed, ulong stream, float low, float high, int period, Tensor output)
    {
        const string Operation = "PhiloxUniform.Fill";
        ArgumentNullException.ThrowIfNull(output);
        if (period < 1) throw new ArgumentException($"{Operation}: period is {period}, expected at least 1");
        if (!(low < high) || !float.IsFinite(high - low))
            throw new ArgumentException($"{Operation}: the range is [{low}, {high}), expected finite numbers, the first below the second");
        var device = output.Device;
        period = Math.Min(period, output.Count);
        using var measured = Measurement.Of(device, Operation, output.Shape, 0, 4.0 * output.Count);
        if (device.Kind == DeviceKind.Cpu)
        {
            EnqueueFill(Operation, seed, stream, low, high, period, output);
        }
        else
        {
            device.Simt.Launch(
                QuadWalk.Grid(device, period), FillKernel, output.View, seed, stream, low, high - low, MathF.BitDecrement(high), period, output.Count);
        }
    }
}
