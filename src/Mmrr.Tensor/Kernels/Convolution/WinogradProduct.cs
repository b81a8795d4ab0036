using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// A 3×3 convolution of stride 1 by F(4×4, 3×3) on the CPU, forward or (with the weights rotated by 180°) its data gradient. The tiles of the whole batch
/// are numbered; a unit of work is a block of them: transform their input, then for each pair of panels 36 matrix products on the micro-kernel, [tiles,
/// channels] × [channels, 32], and the inverse transform. Input and products of a block stay in the L2 cache. 2·36/16·N·H·W·C·O operations, where the
/// direct sum has 2·9·N·H·W·C·O. Channels and outputs are multiples of 16.
/// </summary>
internal readonly unsafe struct WinogradProduct
{
    // A block's transformed input: 256 KB of a 1 MB L2 cache, of which its products take as much with few channels, a panel's weights with many.
    private const int MostFloats = 64 * 1024;
    private const int MostTiles = 48;

    // Minimum number of units, if there are enough tiles: the workers should finish together.
    private const int FewestUnits = 8;

    private readonly TileGrid _grid;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _block;
    private readonly int _groups;
    private readonly int _steps;
    private readonly InputNormalization _normalization;

    /// <summary>Plans the product, of an input that may be normalised where it is read.</summary>
    public WinogradProduct(in TileGrid grid, int channels, int outputs, InputNormalization normalization)
    {
        _normalization = normalization;
        _grid = grid;
        _channels = channels;
        _outputs = outputs;
        int steps = MicroKernel.TilesAcross(outputs);
        int fit = Math.Max(1, Math.Min(MostTiles, MostFloats / (WinogradTransforms.Products * channels)) / MicroKernel.Rows) * MicroKernel.Rows;
        int blocks = (_grid.Tiles + fit - 1) / fit;
        // With few tiles the outputs are distributed too: the input is then transformed more than once, but each weight is fetched by only one worker.
        _groups = 1;
        while (blocks * _groups < FewestUnits && _groups < steps) _groups = Math.Min(2 * _groups, steps);
        blocks = Math.Max(blocks, (FewestUnits + _groups - 1) / _groups);
        int share = (_grid.Tiles + blocks - 1) / blocks;
        _block = Math.Min(fit, (share + MicroKernel.FewRows - 1) / MicroKernel.FewRows * MicroKernel.FewRows);
        _steps = (steps + _groups - 1) / _groups;
    }

    /// <summary>Whether it is possible and worthwhile: whole vectors of channels, and images that do not waste most of a tile.</summary>
    public static bool Suits(in Convolution.Geometry g) =>
        g.Kernel == 3 && g.Stride == 1 && g.Channels % MicroKernel.PanelWidth == 0 && g.Outputs % MicroKernel.PanelWidth == 0 && g.Height >= 3 && g.Width >= 3;

    /// <summary>Units of work.</summary>
    private int Units => (_grid.Tiles + _block - 1) / _block * _groups;

    /// <summary>Floats of scratch: the block's transformed input, its products for one pair of panels, and an image's normalisation.</summary>
    private int ScratchFloats =>
        (WinogradTransforms.Products
            * (InputPlane + ((_block + MicroKernel.Rows - 1) / MicroKernel.Rows * MicroKernel.Rows * MicroKernel.MostPanels * MicroKernel.PanelWidth)
                + WinogradTransforms.Line))
        + TileInput.Floats(_normalization);

    private int InputPlane => (_block * _channels) + WinogradTransforms.Line;

    /// <summary>Computes blocks of tiles until all are taken.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weights">From <see cref="WinogradWeights.Transform"/>.</param>
    /// <param name="bias">[O] or null.</param>
    /// <param name="residual">[N, H, W, O] or null.</param>
    /// <param name="y">[N, H, W, O].</param>
    /// <param name="worker">The worker.</param>
    public void Run(float* x, float* weights, float* bias, float* residual, float* y, Worker worker)
    {
        float* scratch = worker.Scratch(ScratchFloats);
        while (worker.TryTake(Units, out int unit)) Run(unit, x, weights, bias, residual, y, scratch);
    }

    /// <summary>Computes one block of tiles, all outputs or a group of them.</summary>
    /// <param name="unit">Index of the block.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weights">From <see cref="WinogradWeights.Transform"/>.</param>
    /// <param name="bias">[O] or null.</param>
    /// <param name="residual">[N, H, W, O] or null.</param>
    /// <param name="y">[N, H, W, O].</param>
    /// <param name="scratch"><see cref="ScratchFloats"/>, 64-byte aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Run(int unit, float* x, float* weights, float* bias, float* residual, float* y, float* scratch)
    {
        int first = unit / _groups * _block, count = Math.Min(_block, _grid.Tiles - first), rows = MicroKernel.Rows;
        int strips = (count + rows - 1) / rows;
        float* input = scratch; // [36, block, C]
        float* products = scratch + ((nint)WinogradTransforms.Products * InputPlane); // [36, strips, panels of the pair, rows, 16]
        nint plane = InputPlane;
        float* temporary = scratch + ScratchFloats - TileInput.Floats(_normalization);
        var tiles = new TileInput(_grid, _channels, _normalization, temporary);
        var output = new TileOutput(_grid, _outputs, bias, residual, y, temporary);
        var firstPlace = _grid.Place(first);
        var place = firstPlace;
        for (int t = 0; t < count; t++, place = _grid.After(place))
            tiles.Transform(x, place, input + ((nint)t * _channels), MicroKernel.PanelWidth, plane);
        // The micro-kernel works on whole strips: values after the last tile are computed and not read, but must not be numbers that compute slowly.
        int spare = Math.Min(_block, strips * rows) - count;
        for (int p = 0; p < WinogradTransforms.Products && spare > 0; p++)
            new Span<float>(input + (p * plane) + ((nint)count * _channels), spare * _channels).Clear();

        int from = unit % _groups * _steps * MicroKernel.MostPanels,
            panels = Math.Min(_outputs / MicroKernel.PanelWidth, from + (_steps * MicroKernel.MostPanels)), step;
        nint weightPlane = WinogradWeights.Plane(_channels, _outputs), panelSize = (nint)_channels * MicroKernel.PanelWidth;
        nint tileSize = rows * MicroKernel.PanelWidth;
        for (int panel = from; panel < panels; panel += step)
        {
            step = Math.Min(MicroKernel.MostPanels, panels - panel);
            nint productPlane = (strips * step * tileSize) + WinogradTransforms.Line;
            // The results' memory, their addends and the input of the block that follows are prefetched during the computation: a tile each time that
            // another count-th part of the products is done.
            TilePlace result = firstPlace, coming = _grid.Place((unit + 1) / _groups * _block);
            int parts = WinogradTransforms.Products * strips, done = 0;
            for (int p = 0; p < WinogradTransforms.Products; p++)
            {
                float* w = weights + (p * weightPlane) + (panel * panelSize);
                for (int strip = 0; strip < strips; strip++)
                {
                    done += count;
                    if (done >= parts)
                    {
                        done -= parts;
                        _grid.Prefetch(result, y, _outputs, panel * MicroKernel.PanelWidth, step * MicroKernel.PanelWidth);
                        if (residual != null) _grid.Prefetch(result, residual, _outputs, panel * MicroKernel.PanelWidth, step * MicroKernel.PanelWidth);
                        if (panel == from) _grid.Prefetch(coming, x, _channels, 0, _channels);
                        (result, coming) = (_grid.After(result), _grid.After(coming));
                    }
                    MicroKernel.Product(
                        input + (p * plane) + ((nint)strip * rows * _channels), _channels, Math.Min(rows, count - (strip * rows)),
                        w, step == 2 ? w + panelSize : null, products + (p * productPlane) + (strip * step * tileSize));
                }
            }
            output.Transform(firstPlace, count, panel, step, products, productPlane);
        }
    }
}
