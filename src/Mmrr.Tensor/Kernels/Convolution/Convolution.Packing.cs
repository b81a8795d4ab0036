namespace Mmrr.Kernels;

/// <content>Weights [K, K, C, O] packed into panels of 16 output channels for the CPU's micro-kernel.</content>
public static unsafe partial class Convolution
{
    private static long PackedFloats(int taps, int channels, int outputs) =>
        (long)taps * channels * ((outputs + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth * MicroKernel.PanelWidth);

    /// <summary>
    /// The reads of the data gradient for each residue of rows and columns modulo the stride that the image has: for each tap the offset in the padded output
    /// gradient, relative to the position, and the kernel's entry. Stride 1 has one phase with all taps; stride 2 has four, for a kernel of 3 with 1, 2, 2 and
    /// 4 of the nine.
    /// </summary>
    private static Phase[] Phases(Geometry g, PaddedSource layout)
    {
        int rows = Math.Min(g.Stride, g.Height), columns = Math.Min(g.Stride, g.Width);
        (int Entry, int Place)[][] down = [.. Enumerable.Range(0, rows).Select(row => Reads(row, g))];
        (int Entry, int Place)[][] across = [.. Enumerable.Range(0, columns).Select(column => Reads(column, g))];
        var phases = new Phase[rows * columns];
        for (int i = 0; i < phases.Length; i++)
        {
            int row = i / columns, column = i % columns, tap = 0, taps = down[row].Length * across[column].Length;
            int[] entries = taps == 0 ? [] : new int[taps], offsets = taps == 0 ? [] : new int[taps];
            foreach (var (k, r) in down[row])
            {
                foreach (var (l, c) in across[column])
                {
                    entries[tap] = (k * g.Kernel) + l;
                    offsets[tap++] = ((r * layout.Pitch) + c) * layout.ChannelStride;
                }
            }
            phases[i] = new Phase(row, column, entries, offsets);
        }
        return phases;
    }

    /// <summary>
    /// Along one axis: input s·q + phase is reached from output q + d − origin through kernel entry k = phase + padding − s·(d − origin); the padded source
    /// starts at q − origin.
    /// </summary>
    private static (int Entry, int Place)[] Reads(int phase, Geometry g)
    {
        int origin = g.Padding / g.Stride;
        var reads = new List<(int Entry, int Place)>();
        for (int place = 0; place < g.Kernel; place++)
        {
            long entry = phase + g.Padding - ((long)g.Stride * (place - origin));
            if (entry >= 0 && entry < g.Kernel) reads.Add(((int)entry, place));
        }
        return [.. reads];
    }

    /// <summary>For each tap of the forward pass, the offset in the padded input.</summary>
    private static int[] Offsets(in Geometry g, in PaddedSource layout)
    {
        int[] offsets = new int[g.Taps];
        for (int t = 0; t < offsets.Length; t++) offsets[t] = layout.Offset(t / g.Kernel, t % g.Kernel);
        return offsets;
    }

    private static void PackForward(float* weight, in Geometry g, float* packed, Worker worker)
    {
        int panels = (g.Outputs + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth, k = g.Taps * g.Channels;
        var (begin, end) = worker.Share(panels * k, 64);
        for (int i = begin; i < end; i++)
        {
            int panel = i / k, row = i % k;
            int valid = Math.Min(MicroKernel.PanelWidth, g.Outputs - (panel * MicroKernel.PanelWidth));
            float* target = packed + ((long)i * MicroKernel.PanelWidth);
            new ReadOnlySpan<float>(weight + ((long)row * g.Outputs) + (panel * MicroKernel.PanelWidth), valid).CopyTo(new Span<float>(target, valid));
            new Span<float>(target + valid, MicroKernel.PanelWidth - valid).Clear();
        }
    }

    /// <summary>Panels of 16 input channels, [tap][o][16]: the transposed weights of a phase.</summary>
    private static void PackBackward(float* weight, in Geometry g, int[] entries, float* packed, Worker worker)
    {
        int panels = (g.Channels + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth;
        var (begin, end) = worker.Share(panels * entries.Length, 1);
        for (int i = begin; i < end; i++)
        {
            int panel = i / entries.Length;
            float* source = weight + ((((long)entries[i % entries.Length] * g.Channels) + (panel * MicroKernel.PanelWidth)) * g.Outputs);
            float* target = packed + ((long)i * g.Outputs * MicroKernel.PanelWidth);
            int valid = Math.Min(MicroKernel.PanelWidth, g.Channels - (panel * MicroKernel.PanelWidth));
            for (int o = 0; o < g.Outputs; o++)
            {
                for (int c = 0; c < MicroKernel.PanelWidth; c++) target[(o * MicroKernel.PanelWidth) + c] = c < valid ? source[(c * g.Outputs) + o] : 0;
            }
        }
    }

    private sealed record Phase(int Row, int Column, int[] Entries, int[] Offsets);
}
