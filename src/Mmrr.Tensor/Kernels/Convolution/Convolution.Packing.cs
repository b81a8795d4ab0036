namespace Mmrr.Kernels;

/// <content>Weights [K, K, C, O] packed into panels of 16 output channels for the CPU's micro-kernel.</content>
public static unsafe partial class Convolution
{
    private static long PackedFloats(int taps, int channels, int outputs) =>
        (long)taps * channels * ((outputs + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth * MicroKernel.PanelWidth);

    /// <summary>
    /// The reads of the data gradient for one residue of rows and columns modulo the stride: for each tap the output gradient's row and column relative to
    /// the position, and the kernel's entry. Stride 1 has one phase with all taps; stride 2 has four, with 1, 2, 2 and 4 of the nine.
    /// </summary>
    private static Phase[] Phases(in Geometry g)
    {
        var phases = new Phase[g.Stride * g.Stride];
        for (int i = 0; i < phases.Length; i++)
        {
            int row = i / g.Stride, column = i % g.Stride;
            var taps = new List<Tap>();
            foreach (var (k, r) in Reads(row, g))
            {
                foreach (var (l, c) in Reads(column, g)) taps.Add(new Tap(r, c, (k * g.Kernel) + l));
            }
            phases[i] = new Phase(row, column, [.. taps]);
        }
        return phases;
    }

    /// <summary>
    /// Along one axis: input s·q + phase is reached from output q + d − origin through kernel entry k = phase + padding − s·(d − origin).
    /// </summary>
    private static IEnumerable<(int Entry, int Place)> Reads(int phase, Geometry g)
    {
        // The padded source starts one position earlier for stride 1 and at the position itself for stride 2.
        int origin = g.Stride == 1 ? g.Padding : 0;
        for (int place = 0; place < g.Kernel; place++)
        {
            int entry = phase + g.Padding - (g.Stride * (place - origin));
            if (entry >= 0 && entry < g.Kernel) yield return (entry, place);
        }
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
    private static void PackBackward(float* weight, in Geometry g, Tap[] taps, float* packed, Worker worker)
    {
        int panels = (g.Channels + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth;
        var (begin, end) = worker.Share(panels * taps.Length, 1);
        for (int i = begin; i < end; i++)
        {
            int panel = i / taps.Length;
            float* source = weight + ((((long)taps[i % taps.Length].Entry * g.Channels) + (panel * MicroKernel.PanelWidth)) * g.Outputs);
            float* target = packed + ((long)i * g.Outputs * MicroKernel.PanelWidth);
            int valid = Math.Min(MicroKernel.PanelWidth, g.Channels - (panel * MicroKernel.PanelWidth));
            for (int o = 0; o < g.Outputs; o++)
            {
                for (int c = 0; c < MicroKernel.PanelWidth; c++) target[(o * MicroKernel.PanelWidth) + c] = c < valid ? source[(c * g.Outputs) + o] : 0;
            }
        }
    }

    private readonly record struct Tap(int Row, int Column, int Entry);

    private sealed record Phase(int Row, int Column, Tap[] Taps);
}
