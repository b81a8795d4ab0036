using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>
/// <see cref="WinogradProduct"/>, with the same bits, for few tiles and many weights, whose transform is then much of the work. Every worker
/// transforms the input of all tiles for itself; a unit of work is a pair of panels of outputs: transform its weights, then 36 matrix products, [tiles,
/// channels] × [channels, 32], and the inverse transform. So the transformed weights, four times as many as the plain ones, stay in the L2 cache of the
/// worker that multiplies by them, where those of all outputs would pass from worker to worker through the L3 cache.
/// </summary>
internal readonly unsafe struct WinogradPanels
{
    // Of more tiles the weights' transform is a small part.
    private const int MostTiles = 64;
    private const int MostChannels = 256;

    // Below, the weights are in the L2 cache anyway.
    private const int FewestWeights = 64 * 64;

    private readonly TileGrid _grid;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly InputNormalization _normalization;

    /// <summary>Plans the product, of an input that may be normalised where it is read.</summary>
    public WinogradPanels(in TileGrid grid, int channels, int outputs, InputNormalization normalization)
    {
        _grid = grid;
        _channels = channels;
        _outputs = outputs;
        _normalization = normalization;
    }

    /// <summary>Whether there are few tiles, many weights, and equally many units for each worker.</summary>
    public static bool Suits(in TileGrid grid, int channels, int outputs, int workers) =>
        grid.Tiles <= MostTiles && channels <= MostChannels && (long)channels * outputs >= FewestWeights && MicroKernel.TilesAcross(outputs) % workers == 0;

    private int Strips => (_grid.Tiles + MicroKernel.Rows - 1) / MicroKernel.Rows;

    // Of [36, tiles of whole strips, C], [36, panels of a pair, C, 16] and [36, strips, panels, rows, 16].
    private nint InputPlane => ((nint)Strips * MicroKernel.Rows * _channels) + WinogradTransforms.Line;

    private nint WeightPlane => ((nint)MicroKernel.MostPanels * _channels * MicroKernel.PanelWidth) + WinogradTransforms.Line;

    private nint ProductPlane => ((nint)Strips * MicroKernel.MostPanels * MicroKernel.Rows * MicroKernel.PanelWidth) + WinogradTransforms.Line;

    /// <summary>Computes pairs of panels until all are taken.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[3, 3, C, O], of a data gradient [3, 3, O, C].</param>
    /// <param name="backward">For the data gradient: the kernel is rotated by 180°.</param>
    /// <param name="bias">[O] or null.</param>
    /// <param name="residual">[N, H, W, O] or null.</param>
    /// <param name="y">[N, H, W, O].</param>
    /// <param name="worker">The worker.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(float* x, float* weight, bool backward, float* bias, float* residual, float* y, Worker worker)
    {
        int floats = TileInput.Floats(_normalization);
        float* temporary = worker.Scratch((WinogradTransforms.Products * (InputPlane + WeightPlane + ProductPlane)) + floats);
        // A multiple of 16 floats: what follows begins on a cache line.
        float* input = temporary + floats, weights = input + (WinogradTransforms.Products * InputPlane);
        float* products = weights + (WinogradTransforms.Products * WeightPlane);
        bool ready = false;
        var output = new TileOutput(_grid, _outputs, bias, residual, y, temporary);
        while (worker.TryTake(MicroKernel.TilesAcross(_outputs), out int unit))
        {
            if (!ready) TransformInput(x, input, temporary);
            ready = true;
            int panel = unit * MicroKernel.MostPanels, panels = Math.Min(MicroKernel.MostPanels, (_outputs / MicroKernel.PanelWidth) - panel);
            WinogradWeights.TransformPanels(weight, backward, _channels, _outputs, panel, panels, weights, WeightPlane);
            Multiply(input, weights, panels, products);
            output.Transform(_grid.Place(0), _grid.Tiles, panel, panels, products, ProductPlane);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformInput(float* x, float* input, float* temporary)
    {
        var tiles = new TileInput(_grid, _channels, _normalization, temporary);
        var place = _grid.Place(0);
        for (int t = 0; t < _grid.Tiles; t++, place = _grid.After(place))
            tiles.Transform(x, place, input + ((nint)t * _channels), MicroKernel.PanelWidth, InputPlane);
        // As in WinogradProduct: values after the last tile are computed and not read, but must not be numbers that compute slowly.
        int spare = (Strips * MicroKernel.Rows) - _grid.Tiles;
        for (int p = 0; p < WinogradTransforms.Products && spare > 0; p++)
            new Span<float>(input + (p * InputPlane) + ((nint)_grid.Tiles * _channels), spare * _channels).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(float* input, float* weights, int panels, float* products)
    {
        int rows = MicroKernel.Rows, strips = Strips, tiles = _grid.Tiles, channels = _channels;
        nint inputPlane = InputPlane, weightPlane = WeightPlane, productPlane = ProductPlane, strip = (nint)panels * rows * MicroKernel.PanelWidth;
        for (int p = 0; p < WinogradTransforms.Products; p++, input += inputPlane, weights += weightPlane, products += productPlane)
        {
            float* next = panels == 2 ? weights + ((nint)channels * MicroKernel.PanelWidth) : null;
            for (int s = 0; s < strips; s++)
                MicroKernel.Product(input + ((nint)s * rows * channels), channels, Math.Min(rows, tiles - (s * rows)), weights, next, products + (s * strip));
        }
    }
}
