using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The weight gradient of a 3×3 convolution of stride 1 by the transpose of F(4×4, 3×3) on the CPU: dg = Gᵀ[Σ over tiles of (A dY Aᵀ) ⊙ (Bᵀ d B)]G.
/// The sum is 36 matrix products, [channels, tiles] × [tiles, outputs]. A unit of work is a share of the tiles: its 36 sums and one block of transformed
/// tiles stay in the L2 cache: for few channels and outputs, and many tiles (<see cref="WinogradWeightPoints"/> for the others). The shares depend only on
/// the shapes, and are added in order. 2·36/16·N·H·W·C·O operations, where the direct sum has 2·9·N·H·W·C·O. Channels and outputs are multiples of 16.
/// </summary>
internal readonly unsafe struct WinogradWeightShares
{
    /// <summary>Shares of the tiles, the units of work: the workers should finish together.</summary>
    public const int Shares = 8;

    // The most channels · outputs: sums of 590 KB. The fewest tiles: with less to sum, the shares' reduction takes too large a part of the time.
    private const int MostSums = 64 * 64;
    private const int FewestTiles = 64 * Shares;

    // A block's transformed tiles, of input and output gradient: 320 KB.
    private const int BlockFloats = 80 * 1024;

    private readonly TileGrid _grid;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _block;
    private readonly InputNormalization _normalization;

    /// <summary>Plans the product, of an input that may be normalised where it is read.</summary>
    public WinogradWeightShares(in Convolution.Geometry g, InputNormalization normalization)
    {
        _normalization = normalization;
        _grid = new TileGrid(g.Images, g.Height, g.Width);
        _channels = g.Channels;
        _outputs = g.Outputs;
        _block = BlockFloats / (WinogradTransforms.Products * (g.Channels + g.Outputs));
    }

    /// <summary>Whether the sums are few enough, and the tiles not too few.</summary>
    public static bool Suits(in Convolution.Geometry g) =>
        g.Channels * g.Outputs <= MostSums && new TileGrid(g.Images, g.Height, g.Width).Tiles >= FewestTiles;

    /// <summary>Floats of all partial sums: for each share [36, channels, outputs], and [outputs] for the bias.</summary>
    public long PartialFloats => (long)Shares * ShareFloats;

    /// <summary>Floats of scratch: a block of transformed tiles, [36, block, channels] and [36, block, outputs], and an image's normalisation.</summary>
    public int ScratchFloats => (WinogradTransforms.Products * _block * (_channels + _outputs)) + TileInput.Floats(_normalization);

    private int ShareFloats => (WinogradTransforms.Products * _channels * _outputs) + _outputs;

    /// <summary>Sums one share.</summary>
    /// <param name="share">Index of the share.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="dy">[N, H, W, O].</param>
    /// <param name="partial"><see cref="PartialFloats"/>.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/>, 64-byte aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int share, float* x, float* dy, float* partial, float* scratch)
    {
        int channels = _channels, outputs = _outputs;
        int begin = (int)((long)_grid.Tiles * share / Shares), end = (int)((long)_grid.Tiles * (share + 1) / Shares);
        float* sum = partial + ((nint)share * ShareFloats), bias = sum + (ShareFloats - outputs);
        float* temporary = scratch + ScratchFloats - TileInput.Floats(_normalization);
        var tiles = new TileInput(_grid, channels, _normalization, temporary);
        float* inputs = scratch, gradients = scratch + ((nint)WinogradTransforms.Products * _block * channels);
        new Span<float>(bias, outputs).Clear();
        for (int first = begin; first < end; first += _block)
        {
            int count = Math.Min(_block, end - first);
            nint inputPlane = (nint)count * channels, gradientPlane = (nint)count * outputs;
            var tile = _grid.Place(first);
            for (int t = 0; t < count; t++, tile = _grid.After(tile))
            {
                tiles.Transform(x, tile, inputs + ((nint)t * channels), MicroKernel.PanelWidth, inputPlane);
                for (int o = 0; o < outputs; o += MicroKernel.PanelWidth)
                {
                    WinogradTransforms.OutputGradient(
                        dy + ((nint)tile.Image * _grid.Height * _grid.Width * outputs) + o,
                        _grid.Height, _grid.Width, outputs, tile.Top, tile.Left, temporary, gradients + ((nint)t * outputs) + o, gradientPlane);
                }
            }
            // The tiles of the next block.
            for (int p = 0; p < WinogradTransforms.Products; p++)
            {
                int next = Math.Min(end, first + count + ((p + 1) * count / WinogradTransforms.Products));
                for (int coming = first + count + (p * count / WinogradTransforms.Products); coming < next; coming++, tile = _grid.After(tile))
                {
                    _grid.Prefetch(tile, x, channels, 0, channels);
                    _grid.Prefetch(tile, dy, outputs, 0, outputs);
                }
                for (int o = 0; o < outputs; o += 2 * MicroKernel.PanelWidth)
                {
                    bool wide = outputs - o >= 2 * MicroKernel.PanelWidth;
                    for (int c = 0; c < channels; c += MicroKernel.OuterRows)
                    {
                        MicroKernel.Outer(
                            inputs + (p * inputPlane) + c, channels, gradients + (p * gradientPlane) + o, outputs, count, wide, first > begin,
                            sum + ((((nint)p * channels) + c) * outputs) + o, outputs);
                    }
                }
            }
            // Row and column 1 of A are all ones: this one of the 36 is the sum over the tile.
            float* tileSums = gradients + ((WinogradTransforms.Patch + 1) * gradientPlane);
            for (int o = 0; o < outputs; o += MicroKernel.PanelWidth)
            {
                var total = Vector512<float>.Zero;
                for (int t = 0; t < count; t++) total += Vector512.Load(tileSums + ((nint)t * outputs) + o);
                (Vector512.Load(bias + o) + total).Store(bias + o);
            }
        }
    }

    /// <summary>Adds the shares and inverse-transforms this worker's part of the weights.</summary>
    /// <param name="partial">The sums of all shares, from <see cref="Run"/>.</param>
    /// <param name="weightGradient">[3, 3, C, O].</param>
    /// <param name="biasGradient">[O] or null.</param>
    /// <param name="worker">The worker.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Finish(float* partial, float* weightGradient, float* biasGradient, Worker worker)
    {
        float* sums = stackalloc float[WinogradTransforms.Products * MicroKernel.PanelWidth];
        var (begin, end) = worker.Share(_channels * _outputs, _outputs);
        nint plane = (nint)_channels * _outputs;
        for (int i = begin; i < end; i += MicroKernel.PanelWidth)
        {
            for (int p = 0; p < WinogradTransforms.Products; p++) Total(partial + (p * plane) + i).Store(sums + (p * MicroKernel.PanelWidth));
            WinogradTransforms.WeightGradient(sums, MicroKernel.PanelWidth, weightGradient + i, plane);
        }
        if (biasGradient == null || worker.Index != worker.Count - 1) return;
        for (int o = 0; o < _outputs; o += MicroKernel.PanelWidth) Total(partial + (ShareFloats - _outputs) + o).Store(biasGradient + o);
    }

    /// <summary>The shares of 16 sums, added in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<float> Total(float* first)
    {
        var sum = Vector512.Load(first);
        for (int share = 1; share < Shares; share++) sum += Vector512.Load(first + ((nint)share * ShareFloats));
        return sum;
    }
}
