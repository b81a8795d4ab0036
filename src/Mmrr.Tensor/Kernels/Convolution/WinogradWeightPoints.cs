using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The weight gradient of a 3×3 convolution of stride 1 by the transpose of F(4×4, 3×3) on the CPU: dg = Gᵀ[Σ over tiles of (A dY Aᵀ) ⊙ (Bᵀ d B)]G.
/// The sum is 36 matrix products, [channels, tiles] × [tiles, outputs]. The tiles come in chunks: the workers transform a chunk once into buffers that the
/// L3 cache holds, then each takes points, one of the 36 products at a time, and adds it to the sums: for many channels or outputs, of which
/// <see cref="WinogradWeightShares"/> would hold too many sums, and for few tiles. The chunks depend only on the shapes and are added in order.
/// 2·36/16·N·H·W·C·O operations, where the direct sum has 2·9·N·H·W·C·O. Channels and outputs are multiples of 16.
/// </summary>
internal readonly unsafe struct WinogradWeightPoints
{
    // The transformed tiles of a chunk, of input and output gradient: 4 MB.
    private const int BufferFloats = 1024 * 1024;

    // Tiles of a product at a time: their output gradient for 32 outputs, 16 KB, stays in the L1 cache while the channels pass.
    private const int Depth = 128;

    // Outputs of a block of the transformed gradient, the two panels of a tile.
    private const int Pair = 2 * MicroKernel.PanelWidth;

    private readonly TileGrid _grid;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _chunk;
    private readonly InputNormalization _normalization;

    /// <summary>Plans the product, of an input that may be normalised where it is read.</summary>
    public WinogradWeightPoints(in Convolution.Geometry g, InputNormalization normalization)
    {
        _normalization = normalization;
        _grid = new TileGrid(g.Images, g.Height, g.Width);
        _channels = g.Channels;
        _outputs = g.Outputs;
        int fit = Math.Max(1, BufferFloats / (WinogradTransforms.Products * (g.Channels + g.Outputs)));
        Chunks = (_grid.Tiles + fit - 1) / fit;
        _chunk = (_grid.Tiles + Chunks - 1) / Chunks;
    }

    /// <summary>Number of chunks.</summary>
    public int Chunks { get; }

    /// <summary>Floats of the sums, [36, channels, outputs] and [outputs] for the bias.</summary>
    public long SumFloats => ((long)WinogradTransforms.Products * SumPlane) + _outputs;

    /// <summary>Floats of a chunk's transformed tiles: [36, channels/16, tiles, 16] and [36, ⌈outputs/32⌉, tiles, 32 or 16].</summary>
    public long TileFloats => (long)WinogradTransforms.Products * (InputPlane + GradientPlane);

    private nint SumPlane => ((nint)_channels * _outputs) + WinogradTransforms.Line;

    private nint InputPlane => ((nint)_chunk * _channels) + WinogradTransforms.Line;

    private nint GradientPlane => ((nint)_chunk * _outputs) + WinogradTransforms.Line;

    /// <summary>Computes the gradients with all workers.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="dy">[N, H, W, O].</param>
    /// <param name="tiles"><see cref="TileFloats"/>.</param>
    /// <param name="sums"><see cref="SumFloats"/>.</param>
    /// <param name="weightGradient">[3, 3, C, O].</param>
    /// <param name="biasGradient">[O] or null.</param>
    /// <param name="worker">The worker.</param>
    public void Run(float* x, float* dy, float* tiles, float* sums, float* weightGradient, float* biasGradient, Worker worker)
    {
        float* temporary = worker.Scratch(TileInput.Floats(_normalization));
        for (int chunk = 0; chunk < Chunks; chunk++)
        {
            Transform(chunk, x, dy, tiles, temporary, worker);
            worker.Barrier();
            while (worker.TryTake(WinogradTransforms.Products, out int point)) Product(chunk, point, tiles, sums);
            worker.Barrier();
        }
        Finish(sums, weightGradient, biasGradient, worker);
    }

    /// <summary>Transforms this worker's share of a chunk.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transform(int chunk, float* x, float* dy, float* tiles, float* temporary, Worker worker)
    {
        float* inputs = tiles, gradients = tiles + (WinogradTransforms.Products * InputPlane);
        var (begin, end) = worker.Share(Count(chunk), 1);
        var place = _grid.Place((chunk * _chunk) + begin);
        nint imageFloats = (nint)_grid.Height * _grid.Width;
        var input = new TileInput(_grid, _channels, _normalization, temporary);
        for (int t = begin; t < end; t++, place = _grid.After(place))
        {
            input.Transform(x, place, inputs + (t * MicroKernel.PanelWidth), (nint)_chunk * MicroKernel.PanelWidth, InputPlane);
            for (int o = 0; o < _outputs; o += MicroKernel.PanelWidth)
            {
                int first = o / Pair * Pair;
                WinogradTransforms.OutputGradient(
                    dy + (place.Image * imageFloats * _outputs) + o, _grid.Height, _grid.Width, _outputs, place.Top, place.Left, temporary,
                    gradients + ((nint)first * _chunk) + (t * Math.Min(Pair, _outputs - first)) + (o - first), GradientPlane);
            }
        }
    }

    /// <summary>One of the 36 products of a chunk, and with that of the sums over tiles the bias.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Product(int chunk, int point, float* tiles, float* sums)
    {
        float* inputs = tiles + (point * InputPlane), gradients = tiles + (WinogradTransforms.Products * InputPlane) + (point * GradientPlane);
        float* sum = sums + (point * SumPlane);
        int count = Count(chunk);
        for (int t = 0; t < count; t += Depth)
        {
            int depth = Math.Min(Depth, count - t);
            for (int o = 0; o < _outputs; o += Pair)
            {
                int wide = Math.Min(Pair, _outputs - o);
                float* gradient = gradients + ((nint)o * _chunk) + (t * wide);
                for (int c = 0; c < _channels; c += MicroKernel.OuterRows)
                {
                    float* input = inputs + ((nint)(c / MicroKernel.PanelWidth * MicroKernel.PanelWidth) * _chunk)
                        + (t * MicroKernel.PanelWidth) + (c % MicroKernel.PanelWidth);
                    MicroKernel.Outer(
                        input, MicroKernel.PanelWidth, gradient, wide, depth, wide == Pair, chunk + t > 0, sum + ((nint)c * _outputs) + o, _outputs);
                }
            }
        }
        // Row and column 1 of A are all ones: this one of the 36 is the sum over the tile.
        if (point != WinogradTransforms.Patch + 1) return;
        float* bias = sums + (WinogradTransforms.Products * SumPlane);
        for (int o = 0; o < _outputs; o += MicroKernel.PanelWidth)
        {
            int first = o / Pair * Pair, wide = Math.Min(Pair, _outputs - first);
            float* from = gradients + ((nint)first * _chunk) + (o - first);
            var total = chunk == 0 ? Vector512<float>.Zero : Vector512.Load(bias + o);
            for (int t = 0; t < count; t++) total += Vector512.Load(from + ((nint)t * wide));
            total.Store(bias + o);
        }
    }

    /// <summary>Inverse-transforms this worker's part of the weights.</summary>
    private void Finish(float* sums, float* weightGradient, float* biasGradient, Worker worker)
    {
        int panels = _outputs / MicroKernel.PanelWidth;
        var (begin, end) = worker.Share(_channels * panels, panels);
        for (int i = begin; i < end; i++)
        {
            nint at = (nint)i * MicroKernel.PanelWidth;
            WinogradTransforms.WeightGradient(sums + at, SumPlane, weightGradient + at, (nint)_channels * _outputs);
        }
        if (biasGradient == null || worker.Index != worker.Count - 1) return;
        new ReadOnlySpan<float>(sums + (WinogradTransforms.Products * SumPlane), _outputs).CopyTo(new Span<float>(biasGradient, _outputs));
    }

    private int Count(int chunk) => Math.Min(_chunk, _grid.Tiles - (chunk * _chunk));
}
