using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>
/// The weights of a 3×3 convolution on the CPU, transformed for <see cref="WinogradProduct"/>: [36, outputs/16, channels, 16], the 36 planes one cache line
/// further apart. 162·C·O/16 vector operations, and 36/9 of the weights' bytes written.
/// </summary>
internal static unsafe class WinogradWeights
{
    // The most channels · outputs of weights that are kept, 1.2 MB: of larger ones the transform is a small part of a pass, and its memory large.
    private const int MostKept = 64 * 128;

    /// <summary>Floats from one of the 36 planes to the next.</summary>
    public static nint Plane(int channels, int outputs) => ((nint)channels * outputs) + WinogradTransforms.Line;

    /// <summary>Floats of all planes.</summary>
    private static long Floats(int channels, int outputs) => (long)WinogradTransforms.Products * Plane(channels, outputs);

    /// <summary>A tensor for transformed weights, which the caller disposes.</summary>
    /// <param name="operation">The name in messages.</param>
    /// <param name="device">The weights' device.</param>
    /// <param name="channels">Summed channels.</param>
    /// <param name="outputs">Channels of the result.</param>
    public static Tensor Empty(string operation, Device device, int channels, int outputs) =>
        Tensor.Empty(device, Check.Intermediate(operation, "the transformed weights", Floats(channels, outputs)));

    /// <summary>Whether the transform of these weights is kept from one forward pass to the next.</summary>
    public static bool Keeps(Tensor weight) => weight.KeepsTransformed && weight.Shape[2] * weight.Shape[3] <= MostKept;

    /// <summary>The tensor of the transformed weights of a forward pass, which the caller disposes.</summary>
    /// <param name="operation">The name in messages.</param>
    /// <param name="weight">[3, 3, C, O].</param>
    /// <param name="ready">Whether they are kept from an earlier pass; if not, <see cref="Transform"/> must fill them.</param>
    public static Tensor Prepare(string operation, Tensor weight, out bool ready)
    {
        int channels = weight.Shape[2], outputs = weight.Shape[3];
        if (weight.Transformed is { } kept)
        {
            ready = true;
            return kept.Share();
        }
        ready = false;
        var transformed = Empty(operation, weight.Device, channels, outputs);
        if (Keeps(weight)) weight.KeepTransformed(transformed);
        return transformed;
    }

    /// <summary>Transforms this worker's share of the weights.</summary>
    /// <param name="weight">[3, 3, C, O] of the convolution.</param>
    /// <param name="backward">For the data gradient: channels are then O, outputs C, and the kernel is rotated by 180°.</param>
    /// <param name="channels">Summed channels.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="target">From <see cref="Empty"/> or <see cref="Prepare"/>.</param>
    /// <param name="worker">The worker.</param>
    public static void Transform(float* weight, bool backward, int channels, int outputs, float* target, Worker worker)
    {
        // In the order of memory: rows are channels, of a data gradient outputs.
        const int Panel = MicroKernel.PanelWidth;
        int rows = backward ? outputs : channels, columns = backward ? channels : outputs, across = columns / Panel;
        var (begin, end) = worker.Share(rows / Panel * across, 1);
        Touch(weight, rows, columns, begin / across * Panel, (end + across - 1) / across * Panel);
        for (int block = begin; block < end; block++)
        {
            int row = block / across * Panel, column = block % across * Panel;
            var (channel, output) = backward ? (column, row) : (row, column);
            Square(weight, backward, channels, outputs, channel, output, target + ((nint)output * channels) + (channel * Panel), Plane(channels, outputs));
        }
    }

    /// <summary>
    /// Brings this worker's share of the weights into the caches: a training step's come from memory, which is fastest in its own order, and a square of
    /// them is a column of short pieces.
    /// </summary>
    /// <param name="weight">[3, 3, rows, columns].</param>
    /// <param name="rows">Rows of a tap.</param>
    /// <param name="columns">Columns of a tap.</param>
    /// <param name="worker">The worker.</param>
    public static void Touch(float* weight, int rows, int columns, Worker worker)
    {
        var (begin, end) = worker.Share(rows, 1);
        Touch(weight, rows, columns, begin, end);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Touch(float* weight, int rows, int columns, int begin, int end)
    {
        for (int tap = 0; tap < 9; tap++, weight += (nint)rows * columns)
        {
            float* last = weight + ((nint)end * columns);
            for (float* line = weight + ((nint)begin * columns); line < last; line += 16) Volatile.Read(ref *line);
        }
    }

    /// <summary>Transforms the weights of some panels of outputs.</summary>
    /// <param name="weight">[3, 3, C, O] of the convolution.</param>
    /// <param name="backward">As for <see cref="Transform"/>.</param>
    /// <param name="channels">Summed channels.</param>
    /// <param name="outputs">Channels of the result.</param>
    /// <param name="panel">The first panel.</param>
    /// <param name="panels">Number of panels.</param>
    /// <param name="target">[36, panels, channels, 16].</param>
    /// <param name="plane">Floats from one of the 36 planes to the next.</param>
    public static void TransformPanels(float* weight, bool backward, int channels, int outputs, int panel, int panels, float* target, nint plane)
    {
        for (int channel = 0; channel < channels; channel += MicroKernel.PanelWidth)
        {
            for (int p = 0; p < panels; p++)
            {
                Square(
                    weight, backward, channels, outputs, channel, (panel + p) * MicroKernel.PanelWidth,
                    target + ((((nint)p * channels) + channel) * MicroKernel.PanelWidth), plane);
            }
        }
    }

    // 16 channels by 16 outputs.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Square(float* weight, bool backward, int channels, int outputs, int channel, int output, float* to, nint plane)
    {
        const int Panel = MicroKernel.PanelWidth, Taps = 9;
        float* turned = stackalloc float[Taps * Panel * Panel];
        nint tap = (nint)channels * outputs, row = outputs, step = tap;
        float* kernel = weight + ((nint)channel * outputs) + output;
        if (backward)
        {
            // [3, 3, outputs, channels]: a square of each tap, transposed, the taps in reverse order.
            float* from = weight + ((nint)output * channels) + channel;
            for (int t = 0; t < Taps; t++)
                Transposition.Copy(from + (t * tap), channels, turned + ((Taps - 1 - t) * Panel * Panel), Panel, Panel, Panel);
            kernel = turned;
            row = Panel;
            step = Panel * Panel;
        }
        for (int c = 0; c < Panel; c++) WinogradTransforms.Weight(kernel + (c * row), step, to + (c * Panel), plane);
    }
}
