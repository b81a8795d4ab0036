using ILGPU;
using ILGPU.Runtime;

namespace Mmrr.Kernels;

/// <content>Launches the tiled GPU kernels: which shapes they take, how large their blocks are, into how many shares a sum is cut.</content>
public static partial class Convolution
{
    // Groups that a large card runs at once with blocks of 128 × 128, two for each of some 130 multiprocessors: with fewer blocks than that a sum is cut into
    // shares. A constant and not the card's own number, so that results do not depend on it.
    private const int WantedBlocks = 264;

    // A share shorter than this many steps costs more to add up than it saves.
    private const int LeastSteps = 8;
    private const int MostTileShares = 64;
    private const int BiasShares = 256;

    /// <summary>
    /// Whether channels come in quads, and the device runs groups of at least 64 threads. ILGPU's simulator as <c>simt</c> does not: each thread is one of the
    /// operating system. A simulator that is opened with more runs these kernels.
    /// </summary>
    private static bool SuitsTiles(Device device, in Geometry g) => g.Channels % 4 == 0 && g.Outputs % 4 == 0 && device.MaxLanes >= TileProduct.Lanes(64);

    /// <summary>
    /// The side of the blocks. It changes no result, as every block adds its terms in the same order: 128 halves the loads, 64 wastes less where the channels fill no
    /// 128, and spreads few results over more multiprocessors.
    /// </summary>
    private static int TileFor(Device device, int rows, int columns, int shares)
    {
        if (device.MaxLanes < TileProduct.Lanes(128)) return 64;
        bool fills = Blocks(columns, 128) * 128 == Blocks(columns, 64) * 64;
        return fills && (long)Blocks(rows, 128) * Blocks(columns, 128) * shares >= device.Accelerator.NumMultiprocessors ? 128 : 64;
    }

    private static int SharesFor(int rows, int columns, int steps)
    {
        long blocks = (long)Blocks(rows, 128) * Blocks(columns, 128);
        return (int)Math.Clamp(Math.Min(WantedBlocks / blocks, steps / LeastSteps), 1, MostTileShares);
    }

    private static int Blocks(int count, int tile) => (count + tile - 1) / tile;

    private static KernelConfig TileGrid(int rows, int columns, int shares, int tile) =>
        new(new Index3D(Blocks(rows, tile), Blocks(columns, tile), shares), new Index3D(TileProduct.Lanes(tile), 1, 1));

    private static void ForwardTiles(Tensor x, Tensor weight, Tensor? bias, Tensor? residual, in Geometry g, Tensor output)
    {
        var device = x.Device;
        var sweep = TileSweep.Forward(g);
        int shares = SharesFor(sweep.Count, g.Outputs, g.Taps * sweep.Chunks), tile = TileFor(device, sweep.Count, g.Outputs, shares);
        var grid = TileGrid(sweep.Count, g.Outputs, shares, tile);
        using var partial = shares == 1 ? null : Tensor.Empty(device, new Shape(shares * output.Count));
        // What is added at the end is added where the shares are.
        bool hasBias = bias is not null && shares == 1, hasResidual = residual is not null && shares == 1;
        device.Simt.Launch(
            grid, tile == 128 ? ForwardTile128Kernel : ForwardTile64Kernel, x.View, weight.View, (bias ?? x).View, hasBias ? 1 : 0, (residual ?? x).View, hasResidual ? 1 : 0,
            sweep, g.Outputs, shares, (partial ?? output).View);
        if (partial is not null) SumShares(partial, shares, bias, residual, output);
    }

    private static void BackwardDataTiles(Tensor outputGradient, Tensor weight, in Geometry g, Tensor inputGradient)
    {
        var device = weight.Device;
        int phases = g.Stride * g.Stride, pixels = g.Images * g.Height * g.Width;
        int steps = g.Taps / phases * Blocks(g.Outputs, TileProduct.Depth);
        int shares = SharesFor(pixels / phases, g.Channels, steps), tile = TileFor(device, pixels / phases, g.Channels, shares);
        using var partial = shares == 1 ? null : Tensor.Empty(device, new Shape(shares * inputGradient.Count));
        for (int phase = 0; phase < phases; phase++)
        {
            var sweep = TileSweep.Data(g, phase);
            if (sweep.Count == 0) continue;
            device.Simt.Launch(
                TileGrid(sweep.Count, g.Channels, shares, tile), tile == 128 ? BackwardDataTile128Kernel : BackwardDataTile64Kernel, outputGradient.View, weight.View, sweep,
                g.Channels, shares, (partial ?? inputGradient).View);
        }
        if (partial is not null) SumShares(partial, shares, null, null, inputGradient);
    }

    private static void BackwardWeightTiles(Tensor x, Tensor outputGradient, in Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        var device = x.Device;
        int pixels = g.Images * g.OutputHeight * g.OutputWidth, rows = g.Taps * g.Channels;
        int shares = SharesFor(rows, g.Outputs, Blocks(pixels, TileProduct.Depth)), tile = TileFor(device, rows, g.Outputs, shares);
        using var partial = shares == 1 ? null : Tensor.Empty(device, new Shape(shares * weightGradient.Count));
        device.Simt.Launch(
            TileGrid(rows, g.Outputs, shares, tile), tile == 128 ? BackwardWeightTile128Kernel : BackwardWeightTile64Kernel, x.View, outputGradient.View, g,
            TileSweep.Weights(g), shares, (partial ?? weightGradient).View);
        if (partial is not null) SumShares(partial, shares, null, null, weightGradient);
        if (biasGradient is null) return;
        int biasShares = Math.Clamp(pixels / 64, 1, BiasShares);
        using var biasPartial = Tensor.Empty(device, new Shape(biasShares * g.Outputs));
        ColumnSums.Launch(device, biasShares, outputGradient.View, pixels, g.Outputs, biasPartial.View);
        ColumnSums.Launch(device, 1, biasPartial.View, biasShares, g.Outputs, biasGradient.View);
    }

    private static void SumShares(Tensor partial, int shares, Tensor? bias, Tensor? residual, Tensor output)
    {
        var device = output.Device;
        int quads = output.Count / 4;
        device.Simt.Launch(
            device.Grid(quads), SumSharesKernel, partial.View, shares, (bias ?? output).View, bias is null ? 0 : bias.Count / 4, (residual ?? output).View,
            residual is null ? 0 : 1, quads, output.View);
    }
}
