using System.Runtime.CompilerServices;

namespace Mmrr.Kernels;

/// <summary>Group normalisation and ReLU of a convolution's input on the CPU, applied where a tile is read; the default value applies nothing.</summary>
internal readonly unsafe struct InputNormalization(float* gamma, float* beta, float* mean, float* inverseDeviation, in GroupNormalization.Geometry geometry)
{
    private readonly int _channels = geometry.Channels;
    private readonly int _groups = geometry.Groups;

    /// <summary>Floats of <see cref="Fill"/>'s rows.</summary>
    public int Floats => 3 * _channels;

    /// <summary>Whether there is one.</summary>
    public bool Exists => _channels > 0;

    /// <summary>The means, factors γ/σ and offsets β of an image's channels, [3, C].</summary>
    /// <param name="image">Index of the image.</param>
    /// <param name="rows"><see cref="Floats"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fill(int image, float* rows)
    {
        int wide = _channels / _groups, channel = 0;
        float* scale = rows + _channels, offset = scale + _channels;
        for (int group = image * _groups; group < (image + 1) * _groups; group++)
        {
            for (int end = channel + wide; channel < end; channel++)
            {
                rows[channel] = mean[group];
                scale[channel] = gamma[channel] * inverseDeviation[group];
                offset[channel] = beta[channel];
            }
        }
    }
}
