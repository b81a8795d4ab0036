using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// One blocked matrix product of a CPU convolution: (positions of a unit) × (taps · input channels) × (output channels), from a padded source and packed
/// panels into strided pixels. Loop order: panels outside, tiles of positions inside, so that a panel pair stays in the L2 cache (9 · 128 · 32 floats are
/// 147 KB) while the source, a tile at a time, stays in L1.
/// </summary>
internal unsafe struct TapProduct
{
    /// <summary>For each tap, floats from the position in the source.</summary>
    public int[] Offsets;

    /// <summary>[⌈outputs/16⌉, taps, channels, 16].</summary>
    public float* Panels;

    /// <summary>Input channels.</summary>
    public int Channels;

    /// <summary>Output channels.</summary>
    public int Outputs;

    /// <summary>[outputs] or null.</summary>
    public float* Bias;

    /// <summary>
    /// Computes <paramref name="rows"/> × <paramref name="columns"/> output pixels; pixel (r, c) is written at r·rowStep + c·columnStep floats from
    /// <paramref name="output"/>, and read at the same offset from <paramref name="residual"/> if it is not null.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(float* source, in PaddedSource layout, int rows, int columns, float* output, float* residual, long rowStep, long columnStep)
    {
        int tileRows = MicroKernel.Rows;
        float* tile = stackalloc float[(2 * 12 * MicroKernel.PanelWidth) + 16];
        tile = (float*)(((nint)tile + 63) & ~(nint)63);
        int panels = (Outputs + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth;
        int taps = Offsets.Length;
        long panelSize = (long)taps * Channels * MicroKernel.PanelWidth;
        int positions = ((rows - 1) * layout.Pitch) + columns;
        fixed (int* offsets = Offsets)
        {
            int step;
            for (int panel = 0; panel < panels; panel += step)
            {
                step = Math.Min(MicroKernel.MostPanels, panels - panel);
                float* first = Panels + (panel * panelSize);
                int row = 0, column = 0;
                for (int p = 0; p < positions; p += tileRows)
                {
                    MicroKernel.Inner(
                        source + ((long)p * layout.ChannelStride), layout.ChannelStride, offsets, taps, Channels,
                        first, step == 2 ? first + panelSize : null, tile);
                    // In runs of pixels of one row: the positions between the rows are no pixels.
                    for (int i = 0; i < tileRows && row < rows;)
                    {
                        int run = Math.Min(tileRows - i, (column < columns ? columns : layout.Pitch) - column);
                        if (column < columns)
                        {
                            long at = (row * rowStep) + (column * columnStep);
                            for (int s = 0; s < step; s++)
                            {
                                Store(
                                    tile + (((s * tileRows) + i) * MicroKernel.PanelWidth), run, (panel + s) * MicroKernel.PanelWidth,
                                    output + at, residual == null ? null : residual + at, columnStep);
                            }
                        }
                        i += run;
                        column += run;
                        if (column < layout.Pitch) continue;
                        column = 0;
                        row++;
                    }
                }
            }
        }
    }

    /// <summary>The channels of one panel of a run of pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Store(float* tile, int run, int channel, float* output, float* residual, long step)
    {
        if (Outputs - channel < MicroKernel.PanelWidth)
        {
            for (; run > 0; run--, tile += MicroKernel.PanelWidth, output += step)
            {
                for (int j = channel; j < Outputs; j++)
                {
                    float value = tile[j - channel];
                    if (Bias != null) value += Bias[j];
                    if (residual != null) value += residual[j];
                    output[j] = value;
                }
                if (residual != null) residual += step;
            }
            return;
        }
        output += channel;
        bool adds = Bias != null;
        var bias = adds ? Vector512.Load(Bias + channel) : Vector512<float>.Zero;
        if (residual != null)
        {
            residual += channel;
            for (; run > 0; run--, tile += MicroKernel.PanelWidth, output += step, residual += step)
            {
                var value = Vector512.LoadAligned(tile);
                ((adds ? value + bias : value) + Vector512.Load(residual)).Store(output);
            }
            return;
        }
        for (; run > 0; run--, tile += MicroKernel.PanelWidth, output += step)
        {
            var value = Vector512.LoadAligned(tile);
            (adds ? value + bias : value).Store(output);
        }
    }
}
