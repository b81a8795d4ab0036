using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>How abnormal one image is.</summary>
/// <param name="Score">Σ over the levels of the mean squared error of the refined image; higher is more abnormal.</param>
/// <param name="ScoreWithoutRefinement">The same of the restored image.</param>
/// <param name="Map">The refined score of each pixel, [Size, Size] at the model's size; null where none was asked for.</param>
public sealed record ImageScore(double Score, double ScoreWithoutRefinement, float[]? Map);

/// <summary>
/// Scores images with a trained run. Several threads may call it: calls on one device take turns.
/// <code>
/// using var scorer = Scorer.Load("runs/screws");
/// ImageScore result = scorer.Score(pixels, height, width, channels: 1);
/// </code>
/// </summary>
public sealed partial class Scorer : IDisposable
{
    private readonly MmrrModel _model;
    private readonly bool _ownsDevice;

    private Scorer(MmrrModel model, bool ownsDevice)
    {
        _model = model;
        _ownsDevice = ownsDevice;
    }

    /// <summary>What the model is; images are resized to its size and channels.</summary>
    public MmrrOptions Options => _model.Options;

    /// <summary>Opens a run, wherever its folder lies now.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">As <see cref="Device.Open"/> takes it.</param>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged.</exception>
    /// <exception cref="DeviceUnavailableException">There is no such device.</exception>
    public static Scorer Load(string run, string device = "auto")
    {
        var opened = Device.Open(device);
        try
        {
            return new Scorer(Checkpoint.Load(run, opened), ownsDevice: true);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Opens a run on a device that stays the caller's.</summary>
    public static Scorer Load(string run, Device device) => new(Checkpoint.Load(run, device), ownsDevice: false);

    /// <summary>Scores one image of any size.</summary>
    /// <param name="pixels">[height, width, channels], bytes 0 to 255, interleaved.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="levels">Mask levels, at least 2.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ReadOnlySpan<byte> pixels, int height, int width, int channels, int levels = 15, bool map = true) =>
        Score([Prepare(pixels, height, width, channels)], levels, map)[0];

    /// <summary>Resizes an image to what <see cref="Score(IReadOnlyList{float[]}, int, bool)"/> takes; needs no device.</summary>
    /// <exception cref="ArgumentException">The bytes are not an image of these sizes.</exception>
    public float[] Prepare(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        if (channels is not (1 or 3)) throw new ArgumentException($"Score: {channels} channels, expected 1 or 3");
        byte[] resized = new Resampling(height, width, Options.Size, Options.Size).Resize(pixels, channels);
        var values = new float[Options.Size * Options.Size * Options.Channels];
        ImagePixels.ToFloats(ImagePixels.WithChannels(resized, channels, Options.Channels), values);
        return values;
    }

    /// <summary>Scores several prepared images; faster than one by one, and with the same results.</summary>
    /// <param name="images">From <see cref="Prepare(ReadOnlySpan{byte}, int, int, int)"/>.</param>
    /// <param name="levels">Mask levels, at least 2.</param>
    /// <param name="map">Whether to compute the maps.</param>
    public IReadOnlyList<ImageScore> Score(IReadOnlyList<float[]> images, int levels = 15, bool map = true)
    {
        ArgumentNullException.ThrowIfNull(images);
        int pixels = Options.Size * Options.Size, length = pixels * Options.Channels;
        var joined = new float[images.Count * length];
        for (int i = 0; i < images.Count; i++)
        {
            if (images[i].Length != length) throw new ArgumentException($"Score: image {i} has {images[i].Length} values, expected {length}; Prepare makes them");
            images[i].CopyTo(joined.AsSpan(i * length, length));
        }
        Scores scores;
        lock (_model.Device.Gate) scores = Scoring.Score(_model, joined, levels, map);
        return [.. Enumerable.Range(0, images.Count).Select(i =>
            new ImageScore(scores.Refined[i], scores.Restored[i], map ? scores.RefinedMap[(i * pixels)..((i + 1) * pixels)] : null))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Dispose();
        if (_ownsDevice) _model.Device.Dispose();
    }
}
