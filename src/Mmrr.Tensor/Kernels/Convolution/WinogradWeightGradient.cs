using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// The weight gradient of a 3×3 convolution of stride 1 by the transpose of F(4×4, 3×3) on the CPU: dg = Gᵀ[Σ over tiles of (A dY Aᵀ) ⊙ (Bᵀ d B)]G.
/// The sum is 36 matrix products, [channels, tiles] × [tiles, outputs]. A unit of work is (a slice of up to 64 channels and 64 outputs, a share of the
/// tiles): its 36 sums (590 KB at most) and one block of transformed tiles stay in the L2 cache. Slices and shares depend only on the shapes, and the
/// shares are added in order. 2·36/16·N·H·W·C·O operations, where the direct sum has 2·9·N·H·W·C·O. Channels and outputs are multiples of 16.
/// </summary>
internal readonly unsafe struct WinogradWeightGradient
{
    private const int MostSlice = 64;

    // A block's transformed tiles, of input and output gradient: 320 KB.
    private const int BlockFloats = 80 * 1024;

    // Minimum number of units, if there are enough tiles: the workers should finish together.
    private const int FewestUnits = 8;

    private readonly TileGrid _grid;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _channelSlice;
    private readonly int _outputSlice;
    private readonly int _block;

    /// <summary>Plans the product.</summary>
    public WinogradWeightGradient(int images, int height, int width, int channels, int outputs)
    {
        _grid = new TileGrid(images, height, width);
        _channels = channels;
        _outputs = outputs;
        _channelSlice = Math.Min(channels, MostSlice);
        _outputSlice = Math.Min(outputs, MostSlice);
        _block = BlockFloats / (WinogradTransforms.Products * (_channelSlice + _outputSlice));
        int slices = ChannelSlices * OutputSlices;
        Shares = Math.Clamp((FewestUnits + slices - 1) / slices, 1, (_grid.Tiles + MicroKernel.OuterRows - 1) / MicroKernel.OuterRows);
    }

    /// <summary>Number of shares of the tiles.</summary>
    public int Shares { get; }

    /// <summary>Units of work: slices × shares.</summary>
    public int Units => ChannelSlices * OutputSlices * Shares;

    /// <summary>Floats of all partial sums: for each unit [36, channels, outputs] of its slice, and [outputs] for the bias.</summary>
    public long PartialFloats => (long)Units * UnitFloats;

    /// <summary>Floats of scratch: a block of transformed tiles, [36, block, channels] and [36, block, outputs].</summary>
    public int ScratchFloats => (WinogradTransforms.Products * _block * (_channelSlice + _outputSlice)) + WinogradTransforms.TemporaryFloats;

    private int ChannelSlices => (_channels + MostSlice - 1) / MostSlice;

    private int OutputSlices => (_outputs + MostSlice - 1) / MostSlice;

    private int UnitFloats => (WinogradTransforms.Products * _channelSlice * _outputSlice) + _outputSlice;

    /// <summary>Sums one unit.</summary>
    /// <param name="unit">Index of the unit.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="dy">[N, H, W, O].</param>
    /// <param name="partial"><see cref="PartialFloats"/>.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/>, 64-byte aligned.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(int unit, float* x, float* dy, float* partial, float* scratch)
    {
        int slice = unit / Shares, share = unit % Shares;
        int firstChannel = slice / OutputSlices * MostSlice, channels = Math.Min(_channelSlice, _channels - firstChannel);
        int firstOutput = slice % OutputSlices * MostSlice, outputs = Math.Min(_outputSlice, _outputs - firstOutput);
        int begin = (int)((long)_grid.Tiles * share / Shares), end = (int)((long)_grid.Tiles * (share + 1) / Shares);
        float* sum = partial + ((nint)unit * UnitFloats), bias = sum + (UnitFloats - _outputSlice);
        float* temporary = scratch + ScratchFloats - WinogradTransforms.TemporaryFloats;
        float* inputs = scratch, gradients = scratch + ((nint)WinogradTransforms.Products * _block * _channelSlice);
        new Span<float>(bias, outputs).Clear();
        for (int first = begin; first < end; first += _block)
        {
            int count = Math.Min(_block, end - first);
            nint inputPlane = (nint)count * channels, gradientPlane = (nint)count * outputs;
            var tile = _grid.Place(first);
            for (int t = 0; t < count; t++, tile = _grid.After(tile))
            {
                for (int c = 0; c < channels; c += MicroKernel.PanelWidth)
                {
                    WinogradTransforms.Input(
                        x + ((nint)tile.Image * _grid.Height * _grid.Width * _channels) + firstChannel + c,
                        _grid.Height, _grid.Width, _channels, tile.Top - 1, tile.Left - 1, temporary, inputs + ((nint)t * channels) + c, inputPlane);
                }
                for (int o = 0; o < outputs; o += MicroKernel.PanelWidth)
                {
                    WinogradTransforms.OutputGradient(
                        dy + ((nint)tile.Image * _grid.Height * _grid.Width * _outputs) + firstOutput + o,
                        _grid.Height, _grid.Width, _outputs, tile.Top, tile.Left, temporary, gradients + ((nint)t * outputs) + o, gradientPlane);
                }
            }
            // The tiles of the next block.
            for (int p = 0; p < WinogradTransforms.Products; p++)
            {
                int next = Math.Min(end, first + count + ((p + 1) * count / WinogradTransforms.Products));
                for (int coming = first + count + (p * count / WinogradTransforms.Products); coming < next; coming++, tile = _grid.After(tile))
                {
                    _grid.Prefetch(tile, x, _channels, firstChannel, channels);
                    _grid.Prefetch(tile, dy, _outputs, firstOutput, outputs);
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
    /// <param name="partial">The sums of all units, from <see cref="Run"/>.</param>
    /// <param name="weightGradient">[3, 3, C, O].</param>
    /// <param name="biasGradient">[O] or null.</param>
    /// <param name="worker">The worker.</param>
    public void Finish(float* partial, float* weightGradient, float* biasGradient, Worker worker)
    {
        Vector512<float>* sums = stackalloc Vector512<float>[WinogradTransforms.Products];
        int panels = _outputs / MicroKernel.PanelWidth;
        var (begin, end) = worker.Share(_channels * panels, panels);
        for (int i = begin; i < end; i++)
        {
            int channel = i / panels, output = i % panels * MicroKernel.PanelWidth;
            float* from = Slice(partial, channel, output, out int channels, out int outputs) + ((nint)(channel % MostSlice) * outputs) + (output % MostSlice);
            for (int p = 0; p < WinogradTransforms.Products; p++, from += (nint)channels * outputs)
            {
                var sum = Vector512.Load(from);
                for (int share = 1; share < Shares; share++) sum += Vector512.Load(from + ((nint)share * UnitFloats));
                sums[p] = sum;
            }
            WinogradTransforms.WeightGradient(sums, weightGradient + ((nint)channel * _outputs) + output, (nint)_channels * _outputs);
        }
        if (biasGradient == null || worker.Index != worker.Count - 1) return;
        for (int output = 0; output < _outputs; output += MicroKernel.PanelWidth)
        {
            float* from = Slice(partial, 0, output, out _, out _) + (UnitFloats - _outputSlice) + (output % MostSlice);
            var sum = Vector512.Load(from);
            for (int share = 1; share < Shares; share++) sum += Vector512.Load(from + ((nint)share * UnitFloats));
            sum.Store(biasGradient + output);
        }
    }

    /// <summary>The first share of the slice that holds a channel and an output, and the slice's sizes.</summary>
    private float* Slice(float* partial, int channel, int output, out int channels, out int outputs)
    {
        channels = Math.Min(_channelSlice, _channels - (channel / MostSlice * MostSlice));
        outputs = Math.Min(_outputSlice, _outputs - (output / MostSlice * MostSlice));
        return partial + ((((channel / MostSlice * OutputSlices) + (output / MostSlice)) * (nint)Shares) * UnitFloats);
    }
}
