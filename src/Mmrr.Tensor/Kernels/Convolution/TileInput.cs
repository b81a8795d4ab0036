using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>What a worker transforms of a 3×3 convolution's input, tile by tile; a normalisation's values are those of one image at a time.</summary>
/// <param name="grid">The tiles of the images.</param>
/// <param name="channels">Channels of the images, a multiple of 16.</param>
/// <param name="normalization">How the input is normalised, if it is.</param>
/// <param name="scratch"><see cref="Floats"/>, 64-byte aligned; the first <see cref="WinogradTransforms.TemporaryFloats"/> are free between two tiles.</param>
internal unsafe struct TileInput(in TileGrid grid, int channels, in InputNormalization normalization, float* scratch)
{
    private readonly TileGrid _grid = grid;
    private readonly InputNormalization _normalization = normalization;
    private int _image = -1; // of the values in the scratch

    /// <summary>Floats of scratch: between the two passes of a transform, and an image's normalisation.</summary>
    public static int Floats(in InputNormalization normalization) => WinogradTransforms.TemporaryFloats + normalization.Floats;

    /// <summary>Transforms the patch of one tile.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="place">Where the tile lies.</param>
    /// <param name="target">Destination of the first vector of the first 16 channels.</param>
    /// <param name="panel">Floats from there to that of the next 16 channels.</param>
    /// <param name="plane">Floats from one of the 36 vectors to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Transform(float* x, TilePlace place, float* target, nint panel, nint plane)
    {
        float* normal = null;
        if (_normalization.Exists)
        {
            normal = scratch + WinogradTransforms.TemporaryFloats;
            if (place.Image != _image) _normalization.Fill(_image = place.Image, normal);
        }
        x += (nint)place.Image * _grid.Height * _grid.Width * channels;
        for (int c = 0; c < channels; c += MicroKernel.PanelWidth, target += panel)
        {
            WinogradTransforms.Input(
                x + c, normal == null ? null : normal + c, _grid.Height, _grid.Width, channels, place.Top - 1, place.Left - 1, scratch, target, plane);
        }
    }
}
