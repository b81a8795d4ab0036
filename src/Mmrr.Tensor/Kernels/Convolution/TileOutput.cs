using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>Where a worker's products of a 3×3 convolution go: the inverse transform of one tile and panel.</summary>
/// <param name="grid">The tiles of the images.</param>
/// <param name="outputs">Channels of the result, a multiple of 16.</param>
/// <param name="bias">[O] or null.</param>
/// <param name="residual">[N, H, W, O] or null.</param>
/// <param name="y">[N, H, W, O].</param>
/// <param name="temporary"><see cref="WinogradTransforms.TemporaryFloats"/>, 64-byte aligned.</param>
internal readonly unsafe struct TileOutput(in TileGrid grid, int outputs, float* bias, float* residual, float* y, float* temporary)
{
    private readonly TileGrid _grid = grid;

    /// <summary>Transforms the products of some tiles, panel by panel.</summary>
    /// <param name="first">Where the first tile lies.</param>
    /// <param name="count">Number of tiles.</param>
    /// <param name="panel">The first panel of 16 outputs.</param>
    /// <param name="panels">Panels whose products lie in a strip, one or two.</param>
    /// <param name="products">[36, strips, panels, <see cref="MicroKernel.Rows"/>, 16].</param>
    /// <param name="plane">Floats from one of the 36 to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transform(TilePlace first, int count, int panel, int panels, float* products, nint plane)
    {
        int rows = MicroKernel.Rows;
        nint width = _grid.Width;
        var place = first;
        for (int t = 0; t < count; t++, place = _grid.After(place))
        {
            var (image, top, left) = place;
            for (int s = 0; s < panels; s++)
            {
                float* product = products + (((nint)(((t / rows) * panels) + s) * rows) + (t % rows)) * MicroKernel.PanelWidth;
                int channel = (panel + s) * MicroKernel.PanelWidth;
                nint at = ((((((nint)image * _grid.Height) + top) * width) + left) * outputs) + channel;
                WinogradTransforms.Output(
                    product, plane, temporary, bias == null ? null : bias + channel, residual == null ? null : residual + at, y + at, width * outputs, outputs,
                    Math.Min(_grid.Height - top, WinogradTransforms.Tile), Math.Min(_grid.Width - left, WinogradTransforms.Tile));
            }
        }
    }
}
