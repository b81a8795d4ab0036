using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The CPU entries: pack the weights into panels, then compute units of (image, band of rows), each from a padded copy in scratch.</content>
public static unsafe partial class Convolution
{
    private static void ForwardSimd(SimdLaunch simd, Tensor x, Tensor weight, Tensor? bias, Tensor? residual, Geometry g, Tensor output)
    {
        if (WinogradProduct.Suits(g))
        {
            EnqueueWinograd(simd, "Convolution.Forward", x, weight, bias, residual, backward: false, output);
            return;
        }
        if (FewChannels.Suits(g, g.Channels, g.Outputs))
        {
            EnqueueGather(simd, x, weight, bias, residual, g, backward: false, output);
            return;
        }
        var layout = PaddedSource.OfInput(g, 1);
        int[] offsets = Offsets(g, layout);
        using var packed = Tensor.Empty(x.Device, Check.Intermediate("Convolution.Forward", "the packed weights", PackedFloats(g.Taps, g.Channels, g.Outputs)));
        float* px = x.Pointer, pw = weight.Pointer, pp = packed.Pointer, py = output.Pointer;
        float* pb = bias is null ? null : bias.Pointer;
        float* pr = residual is null ? null : residual.Pointer;
        simd.Run(worker =>
        {
            var product = new TapProduct { Offsets = offsets, Panels = pp, Channels = g.Channels, Outputs = g.Outputs, Bias = pb };
            PackForward(pw, g, pp, worker);
            worker.Barrier();
            float* scratch = worker.Scratch(layout.Floats);
            while (worker.TryTake(layout.Units, out int unit))
            {
                float* source = layout.Rows(px, unit, scratch);
                var (image, row, rows) = layout.Unit(unit);
                long at = (((long)image * g.OutputHeight) + row) * g.OutputWidth * g.Outputs;
                product.Run(source, layout, rows, g.OutputWidth, py + at, pr == null ? null : pr + at, (long)g.OutputWidth * g.Outputs, g.Outputs);
            }
        });
    }

    private static void BackwardDataSimd(SimdLaunch simd, Tensor outputGradient, Tensor weight, Geometry g, Tensor inputGradient)
    {
        if (WinogradProduct.Suits(g))
        {
            EnqueueWinograd(simd, "Convolution.BackwardData", outputGradient, weight, null, null, backward: true, inputGradient);
            return;
        }
        if (FewChannels.Suits(g, g.Outputs, g.Channels))
        {
            EnqueueGather(simd, outputGradient, weight, null, null, g, backward: true, inputGradient);
            return;
        }
        var layout = PaddedSource.OfOutputGradient(g);
        var phases = Phases(g, layout);
        var packedShape = Check.Intermediate("Convolution.BackwardData", "the packed weights", PackedFloats(g.Taps, g.Outputs, g.Channels));
        using var packed = Tensor.Empty(weight.Device, packedShape);
        float* pdy = outputGradient.Pointer, pw = weight.Pointer, pp = packed.Pointer, pdx = inputGradient.Pointer;
        simd.Run(worker =>
        {
            float* panels = pp;
            foreach (var phase in phases)
            {
                PackBackward(pw, g, phase.Entries, panels, worker);
                panels += PackedFloats(phase.Entries.Length, g.Outputs, g.Channels);
            }
            worker.Barrier();
            float* scratch = worker.Scratch(layout.Floats);
            long rowFloats = (long)g.Width * g.Channels;
            while (worker.TryTake(layout.Units, out int unit))
            {
                float* source = layout.Rows(pdy, unit, scratch);
                var (image, row, rows) = layout.Unit(unit);
                panels = pp;
                foreach (var phase in phases)
                {
                    var product = new TapProduct { Offsets = phase.Offsets, Panels = panels, Channels = g.Outputs, Outputs = g.Channels };
                    // Where the stride does not divide the size, the last phases have one row or column fewer.
                    int phaseRows = Math.Min(rows, ((g.Height - phase.Row - 1) / g.Stride) + 1 - row);
                    int phaseColumns = ((g.Width - phase.Column - 1) / g.Stride) + 1;
                    float* dx = pdx + ((((long)image * g.Height) + (row * g.Stride) + phase.Row) * rowFloats) + (phase.Column * g.Channels);
                    if (phaseRows > 0)
                        product.Run(source, layout, phaseRows, phaseColumns, dx, null, g.Stride * rowFloats, (long)g.Stride * g.Channels);
                    panels += PackedFloats(phase.Entries.Length, g.Outputs, g.Channels);
                }
            }
        });
    }

    /// <summary>Stride 1 and whole vectors of channels, in one direction or the other.</summary>
    private static void EnqueueWinograd(
        SimdLaunch simd, string operation, Tensor x, Tensor weight, Tensor? bias, Tensor? residual, bool backward, Tensor output)
    {
        using var pass = new WinogradPass(operation, new TileGrid(x.Shape[0], x.Shape[1], x.Shape[2]), weight, backward);
        float* px = x.Pointer, py = output.Pointer;
        float* pb = bias is null ? null : bias.Pointer;
        float* pr = residual is null ? null : residual.Pointer;
        simd.Run(worker =>
        {
            pass.Prepare(worker);
            worker.Barrier();
            pass.Run(px, pb, pr, py, worker);
        });
    }

    internal static void EnqueueWinogradWeight(
        SimdLaunch simd, string operation, Tensor x, InputNormalization normalization, Tensor outputGradient, Geometry g, Tensor weightGradient,
        Tensor? biasGradient)
    {
        float* px = x.Pointer, pdy = outputGradient.Pointer, pdw = weightGradient.Pointer;
        float* pdb = biasGradient is null ? null : biasGradient.Pointer;
        if (WinogradWeightShares.Suits(g))
        {
            var shares = new WinogradWeightShares(g, normalization);
            using var partial = Tensor.Empty(x.Device, Check.Intermediate(operation, "its partial sums", shares.PartialFloats));
            float* pp = partial.Pointer;
            simd.Run(worker =>
            {
                float* scratch = worker.Scratch(shares.ScratchFloats);
                while (worker.TryTake(WinogradWeightShares.Shares, out int share)) shares.Run(share, px, pdy, pp, scratch);
                worker.Barrier();
                shares.Finish(pp, pdw, pdb, worker);
            });
            return;
        }
        var points = new WinogradWeightPoints(g, normalization);
        using var tiles = Tensor.Empty(x.Device, Check.Intermediate(operation, "its transformed tiles", points.TileFloats));
        using var sums = Tensor.Empty(x.Device, Check.Intermediate(operation, "its sums", points.SumFloats));
        float* pt = tiles.Pointer, ps = sums.Pointer;
        simd.Run(worker => points.Run(px, pdy, pt, ps, pdw, pdb, worker));
    }

    private static void BackwardWeightSimd(SimdLaunch simd, Tensor x, Tensor outputGradient, Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        if (WinogradProduct.Suits(g))
        {
            EnqueueWinogradWeight(simd, "Convolution.BackwardWeight", x, default, outputGradient, g, weightGradient, biasGradient);
            return;
        }
        if (FewChannels.Suits(g, g.Channels, g.Outputs) || FewChannels.Suits(g, g.Outputs, g.Channels))
        {
            EnqueueCorrelate(simd, x, outputGradient, g, weightGradient, biasGradient);
            return;
        }
        var layout = PaddedSource.OfInput(g, MicroKernel.OuterRows);
        int columns = (g.Outputs + MicroKernel.PanelWidth - 1) / MicroKernel.PanelWidth * MicroKernel.PanelWidth;
        int rows = layout.ChannelStride;
        long partialFloats = (((long)g.Taps * rows) + 1) * columns; // the sums of one split, and the bias in the last row
        int splits = (int)Math.Clamp(MostPartialFloats / partialFloats, 2, MostSplits);
        splits = Math.Min(splits, layout.Units);
        using var partial = Tensor.Empty(x.Device, Check.Intermediate("Convolution.BackwardWeight", "its partial sums", splits, partialFloats));
        float* px = x.Pointer, pdy = outputGradient.Pointer, pp = partial.Pointer, pdw = weightGradient.Pointer;
        float* pdb = biasGradient is null ? null : biasGradient.Pointer;
        simd.Run(worker =>
        {
            long dyFloats = (long)layout.BandRows * layout.Pitch * columns;
            float* dy = worker.Scratch(dyFloats + layout.Floats), source = dy + dyFloats;
            while (worker.TryTake(splits, out int split))
            {
                int first = (int)((long)layout.Units * split / splits), end = (int)((long)layout.Units * (split + 1) / splits);
                float* sum = pp + (split * partialFloats);
                float* bias = sum + ((long)g.Taps * rows * columns);
                new Span<float>(bias, columns).Clear();
                for (int unit = first; unit < end; unit++)
                {
                    layout.Fill(px, unit, source);
                    int positions = FillGradient(pdy, g, layout, unit, columns, dy, bias);
                    SumTaps(source, dy, positions, g, layout, columns, unit > first, sum);
                }
            }
            worker.Barrier();
            ReduceSplits(pp, splits, partialFloats, g, rows, columns, pdw, pdb, worker);
        });
    }

    // Limits of the partial weight gradients: enough splits for several workers, within a few megabytes in total.
    private const int MostSplits = 8;
    private const long MostPartialFloats = 2 * 1024 * 1024;

    // Positions between two visits of a tile's sums: 128 positions of 32 columns are 16 KB, half of an L1 cache.
    private const int OuterPositions = 128;

    private static void SumTaps(float* source, float* dy, int positions, in Geometry g, in PaddedSource layout, int columns, bool accumulate, float* sum)
    {
        for (int p = 0; p < positions; p += OuterPositions)
        {
            int count = Math.Min(OuterPositions, positions - p);
            for (int column = 0; column < columns; column += 2 * MicroKernel.PanelWidth)
            {
                bool wide = columns - column >= 2 * MicroKernel.PanelWidth;
                for (int t = 0; t < g.Taps; t++)
                {
                    float* x = source + ((long)p * layout.ChannelStride) + layout.Offset(t / g.Kernel, t % g.Kernel);
                    for (int c = 0; c < layout.ChannelStride; c += MicroKernel.OuterRows)
                    {
                        MicroKernel.Outer(
                            x + c, layout.ChannelStride, dy + ((long)p * columns) + column, columns, count, wide, accumulate || p > 0,
                            sum + ((((long)t * layout.ChannelStride) + c) * columns) + column, columns);
                    }
                }
            }
        }
    }

    /// <summary>Copies a unit's output gradient to the source's pitch, zero between the rows and beyond the channels, and sums it for the bias.</summary>
    private static int FillGradient(float* dy, in Geometry g, in PaddedSource layout, int unit, int columns, float* target, float* bias)
    {
        var (image, row, rows) = layout.Unit(unit);
        float* source = dy + ((((long)image * g.OutputHeight) + row) * g.OutputWidth * g.Outputs);
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < g.OutputWidth; c++)
            {
                new ReadOnlySpan<float>(source, g.Outputs).CopyTo(new Span<float>(target, g.Outputs));
                new Span<float>(target + g.Outputs, columns - g.Outputs).Clear();
                source += g.Outputs;
                target += columns;
            }
            int between = (layout.Pitch - g.OutputWidth) * columns;
            new Span<float>(target, between).Clear();
            target += between;
        }
        int positions = rows * layout.Pitch;
        target -= (long)positions * columns;
        for (int column = 0; column < columns; column += MicroKernel.PanelWidth)
        {
            var sum = Vector512<float>.Zero;
            for (int p = 0; p < positions; p++) sum += Vector512.Load(target + ((long)p * columns) + column);
            Vector512.Store(Vector512.Load(bias + column) + sum, bias + column);
        }
        return positions;
    }

    private static void ReduceSplits(
        float* partial, int splits, long partialFloats, in Geometry g, int rows, int columns, float* dw, float* db, Worker worker)
    {
        var (begin, end) = worker.Share(g.Taps * g.Channels, 8);
        for (int row = begin; row < end; row++)
        {
            AddSplits(
                partial + ((((long)row / g.Channels * rows) + (row % g.Channels)) * columns), splits, partialFloats, dw + ((long)row * g.Outputs), g.Outputs);
        }
        if (db != null && worker.Index == worker.Count - 1) AddSplits(partial + ((long)g.Taps * rows * columns), splits, partialFloats, db, g.Outputs);
    }

    private static void AddSplits(float* partial, int splits, long partialFloats, float* target, int count)
    {
        int j = 0;
        for (; j + MicroKernel.PanelWidth <= count; j += MicroKernel.PanelWidth)
        {
            var sum = Vector512.Load(partial + j);
            for (int s = 1; s < splits; s++) sum += Vector512.Load(partial + (s * partialFloats) + j);
            Vector512.Store(sum, target + j);
        }
        for (; j < count; j++)
        {
            float sum = partial[j];
            for (int s = 1; s < splits; s++) sum += partial[(s * partialFloats) + j];
            target[j] = sum;
        }
    }
}
