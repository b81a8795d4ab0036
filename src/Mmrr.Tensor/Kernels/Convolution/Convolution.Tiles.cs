using ILGPU;

namespace Mmrr.Kernels;

/// <content>Launches the tiled GPU kernels: the supported shapes, the size of the blocks, the number of shares of a sum.</content>
public static partial class Convolution
{
    // Groups that a large GPU runs at once with blocks of 128 × 128, two for each of about 130 multiprocessors: with fewer blocks a sum is split into
    // shares. A constant, not the GPU's own number, so that results do not depend on the GPU.
    private const int WantedBlocks = 264;

    // The number of images for which an image's shares are chosen, for any actual number: a batch of the preset "paper". So a result does not depend on its
    // batch. With fewer images some multiprocessors may be idle; with more, some copies of small images are written and read unnecessarily.
    private const int UsualImages = 64;

    // A share with fewer steps costs more to add than it saves.
    private const int LeastSteps = 8;
    private const int MostTileShares = 64;
    private const int BiasShares = 256;

    /// <summary>
    /// Whether channels are multiples of four, the kernel is at most 5 with stride 1 or 2 (a larger stride would launch a kernel for each of s² phases of the
    /// data gradient), and the device runs groups of at least 64 threads. ILGPU's simulator as <c>simt</c> does not, because each thread is an OS thread. A
    /// simulator opened with more threads runs these kernels.
    /// </summary>
    private static bool SuitsTiles(Device device, in Geometry g) =>
        g.Channels % 4 == 0 && g.Outputs % 4 == 0 && g.Kernel <= TileSweep.MostKernel && g.Stride <= 2 && device.MaxLanes >= TileProduct.Lanes(64);

    /// <summary>
    /// Whether tensor cores are used: if the device's precision allows it and it has them, and <paramref name="terms"/>, the summed channels, are a multiple
    /// of 16.
    /// </summary>
    private static bool SuitsTf32(Device device, int terms) =>
        device.Precision == MatrixPrecision.Tf32 && terms % Tf32Tile.Depth == 0 && device.HasTf32;

    private static int Blocks(int count, int tile) => (count + tile - 1) / tile;

    private static void ForwardTiles(SimtLaunch simt, Tensor x, Tensor weight, Tensor? bias, Tensor? residual, in Geometry g, Tensor output)
    {
        var device = x.Device;
        var sweep = TileSweep.Forward(g);
        var plan = TilePlan.Of(device, SuitsTf32(device, g.Channels), g.Images, g.OutputHeight * g.OutputWidth, g.Outputs, g.Taps, g.Channels);
        var grid = plan.Grid(sweep.Count, g.Outputs);
        int tile = plan.Tile, shares = plan.Shares;
        using var partial = Partial("Convolution.Forward", shares, output);
        // With several shares, bias and residual are added together with the shares.
        int hasBias = bias is not null && shares == 1 ? 1 : 0, hasResidual = residual is not null && shares == 1 ? 1 : 0;
        simt.Run(
            grid,
            plan.Tf32 ? (tile == 128 ? ForwardTf32Tile128Kernel : ForwardTf32Tile64Kernel)
                : tile == 128 ? ForwardTile128Kernel : ForwardTile64Kernel,
            new ForwardTileArguments
            {
                X = x.View,
                Weight = weight.View,
                Bias = (bias ?? x).View,
                HasBias = hasBias,
                Residual = (residual ?? x).View,
                HasResidual = hasResidual,
                Sweep = sweep,
                Outputs = g.Outputs,
                Shares = shares,
                Output = (partial ?? output).View,
            });
        if (partial is not null) SumShares(simt, partial, shares, bias, residual, output);
    }

    private static void BackwardDataTiles(SimtLaunch simt, Tensor outputGradient, Tensor weight, in Geometry g, Tensor inputGradient)
    {
        var device = weight.Device;
        int phases = g.Stride * g.Stride;
        var plan = TilePlan.Of(device, SuitsTf32(device, g.Outputs), g.Images, Blocks(g.Height * g.Width, phases), g.Channels, g.Taps / phases, g.Outputs);
        int tile = plan.Tile, shares = plan.Shares;
        using var partial = Partial("Convolution.BackwardData", shares, inputGradient);
        for (int phase = 0; phase < phases; phase++)
        {
            var sweep = TileSweep.Data(g, phase);
            if (sweep.Count == 0) continue;
            var grid = plan.Grid(sweep.Count, g.Channels);
            simt.Run(
                grid,
                plan.Tf32 ? (tile == 128 ? BackwardDataTf32Tile128Kernel : BackwardDataTf32Tile64Kernel)
                    : tile == 128 ? BackwardDataTile128Kernel : BackwardDataTile64Kernel,
                new DataTileArguments
                {
                    OutputGradient = outputGradient.View,
                    Weight = weight.View,
                    Sweep = sweep,
                    Channels = g.Channels,
                    Shares = shares,
                    InputGradient = (partial ?? inputGradient).View,
                });
        }
        if (partial is not null) SumShares(simt, partial, shares, null, null, inputGradient);
    }

    private static void BackwardWeightTiles(
        SimtLaunch simt, Tensor x, Tensor outputGradient, in Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        var device = x.Device;
        int pixels = g.Images * g.OutputHeight * g.OutputWidth, rows = g.Taps * g.Channels;
        // The terms are pixels: the last step is padded with zeros. A sum over the batch may be split depending on the batch.
        var plan = TilePlan.OfSumOverImages(device, SuitsTf32(device, 0), rows, g.Outputs, pixels);
        int tile = plan.Tile, shares = plan.Shares;
        using var partial = Partial("Convolution.BackwardWeight", shares, weightGradient);
        var grid = plan.Grid(rows, g.Outputs);
        var walk = PixelSweep.Of(g, plan.Tf32 || tile == 64 ? 4 : 8);
        simt.Run(
            grid,
            plan.Tf32 ? (tile == 128 ? BackwardWeightTf32Tile128Kernel : BackwardWeightTf32Tile64Kernel)
                : tile == 128 ? BackwardWeightTile128Kernel : BackwardWeightTile64Kernel,
            new WeightTileArguments
            {
                X = x.View,
                OutputGradient = outputGradient.View,
                Pixels = walk,
                Rows = TileSweep.Weights(g),
                Outputs = g.Outputs,
                Shares = shares,
                WeightGradient = (partial ?? weightGradient).View,
            });
        if (partial is not null) SumShares(simt, partial, shares, null, null, weightGradient);
        if (biasGradient is not null) BiasTiles(simt, "Convolution.BackwardWeight", outputGradient, g, biasGradient);
    }

    private static void BiasTiles(SimtLaunch simt, string operation, Tensor outputGradient, in Geometry g, Tensor biasGradient)
    {
        int pixels = g.Images * g.OutputHeight * g.OutputWidth, shares = Math.Clamp(pixels / 64, 1, BiasShares);
        using var partial = Tensor.Empty(biasGradient.Device, Check.Intermediate(operation, "its partial sums", shares, g.Outputs));
        ColumnSums.Launch(simt, shares, outputGradient.View, pixels, g.Outputs, partial.View);
        ColumnSums.Launch(simt, 1, partial.View, shares, g.Outputs, biasGradient.View);
    }

    private static Tensor? Partial(string operation, int shares, Tensor output) =>
        shares == 1 ? null : Tensor.Empty(output.Device, Check.Intermediate(operation, "its partial sums", shares, output.Count));

    private static void SumShares(SimtLaunch simt, Tensor partial, int shares, Tensor? bias, Tensor? residual, Tensor output)
    {
        int quads = output.Count / 4;
        simt.Run(
            output.Device.Grid(quads), SumSharesKernel,
            new ShareArguments
            {
                Partial = partial.View,
                Shares = shares,
                Bias = (bias ?? output).View,
                BiasQuads = bias is null ? 0 : bias.Count / 4,
                Residual = (residual ?? output).View,
                HasResidual = residual is null ? 0 : 1,
                Quads = quads,
                Output = output.View,
            });
    }

    /// <summary>The plan of a tiled product: tensor cores or not, the side of the blocks, the shares of each sum.</summary>
    internal readonly record struct TilePlan(bool Tf32, int Tile, int Shares)
    {
        /// <summary>
        /// The plan for rows × columns results of each image, each a sum over taps and terms. The shares are the same for any number of images.
        /// </summary>
        public static TilePlan Of(Device device, bool tf32, int images, int rows, int columns, int taps, int terms)
        {
            int steps = taps * Steps(tf32, terms), shares = SharesOf(LargeBlocks((long)UsualImages * rows, columns), steps);
            return Of(device, tf32, LargeBlocks((long)images * rows, columns), columns, shares);
        }

        /// <summary>The plan for rows × columns results, each a sum over pixels of all images.</summary>
        public static TilePlan OfSumOverImages(Device device, bool tf32, int rows, int columns, int pixels)
        {
            long blocks = LargeBlocks(rows, columns);
            return Of(device, tf32, blocks, columns, SharesOf(blocks, Steps(tf32, pixels)));
        }

        private static TilePlan Of(Device device, bool tf32, long blocks, int columns, int shares)
        {
            // The side of the blocks does not change results, as every block adds its terms in the same order: 128 halves the loads, 64 wastes less if
            // there are fewer than 128 channels, and spreads few results over more multiprocessors.
            bool fits = device.MaxLanes >= (tf32 ? Tf32Tile.Lanes(128) : TileProduct.Lanes(128)),
                fills = Blocks(columns, 128) * 128 == Blocks(columns, 64) * 64;
            int tile = fits && fills && blocks * shares >= device.Multiprocessors ? 128 : 64;
            return new TilePlan(tf32, tile, shares);
        }

        private static int Steps(bool tf32, int terms) => Blocks(terms, tf32 ? Tf32Tile.Depth : TileProduct.Depth);

        private static long LargeBlocks(long rows, int columns) => (rows + 127) / 128 * Blocks(columns, 128);

        private static int SharesOf(long blocks, int steps) => (int)Math.Clamp(Math.Min(WantedBlocks / blocks, steps / LeastSteps), 1, MostTileShares);

        public KernelConfig Grid(int rows, int columns) =>
            new(new Index3D(Blocks(rows, Tile), Blocks(columns, Tile), Shares), new Index3D(Tf32 ? Tf32Tile.Lanes(Tile) : TileProduct.Lanes(Tile), 1, 1));
    }
}
