using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>How abnormal one image is.</summary>
/// <param name="Score">By the run's rule, of the refined image; of a tiled run, that of the worst tile. Higher is more abnormal.</param>
/// <param name="ScoreWithoutRefinement">The same of the restored image.</param>
/// <param name="Map">The refined score of each pixel, [MapHeight, MapWidth]; null where none was asked for. <see cref="Scorer.MapOnImage"/> puts it onto the
/// image.</param>
/// <param name="MapHeight">The model's size; of a tiled run, the image's height.</param>
/// <param name="MapWidth">The model's size; of a tiled run, the image's width.</param>
public sealed record ImageScore(double Score, double ScoreWithoutRefinement, float[]? Map, int MapHeight, int MapWidth)
{
    /// <summary>Whether <see cref="Score"/> is above the run's threshold, or no number; null where the run has none for the levels scored at.</summary>
    public bool? Anomalous { get; init; }

    /// <summary>The rule of <see cref="Score"/>, <see cref="ScoreWithoutRefinement"/> and <see cref="Map"/>.</summary>
    public ScoreRule Rule { get; init; }

    /// <summary>The score by <see cref="ScoreRule.Paper"/>.</summary>
    public double PaperScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double PaperScoreWithoutRefinement { get; init; }

    /// <summary>The score by <see cref="ScoreRule.Deviation"/>; null where there are no statistics of normal images at the levels scored at.</summary>
    public double? DeviationScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double? DeviationScoreWithoutRefinement { get; init; }

    /// <summary>
    /// The score by <see cref="ScoreRule.Neighbours"/>; null where there are no statistics of normal images at the levels scored at, and of a tiled run.
    /// </summary>
    public double? NeighboursScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double? NeighboursScoreWithoutRefinement { get; init; }

    /// <summary>
    /// Pixels, of the image as the model takes it, of which a value lies beyond the run's <see cref="MmrrOptions.Range"/> and was clipped. Many of them say
    /// that the light or the camera is not that of training.
    /// </summary>
    public int ClippedPixels { get; init; }

    /// <summary>Where on the image the part was found that the model saw; null but for <see cref="ImageFit.Align"/>.</summary>
    public PartBox? Box { get; init; }

    /// <summary>The highest value of the map; null where there is none.</summary>
    public float? MaxPixelScore => Map?.Max();
}

/// <summary>
/// Scores images with a trained run. Several threads may call it: calls on one device take turns, also those of several scorers. <see cref="Dispose"/> may come
/// at any time: it waits for the calls under way.
/// <code>
/// using var scorer = Scorer.Load("runs/screws");
/// ImageScore result = scorer.Score(pixels, height, width, channels: 1);
/// bool reject = result.Anomalous == true;
/// </code>
/// </summary>
public sealed partial class Scorer : IDisposable
{
    private readonly string _run;
    private readonly MmrrModel _model;
    private readonly bool _ownsDevice;

    // Of what follows, and what a disposing thread waits for.
    private readonly object _lifetime = new();
    private int _calls;
    private bool _closed, _disposed;

    private Scorer(string run, Device device, bool ownsDevice, ScoreMethod? method = null)
    {
        _run = run;
        Calibration = method is null ? Calibration.Find(run) : null;
        // Others may be scoring on the device.
        using (device.Use.TakeTurn()) _model = Checkpoint.Load(run, device);
        try
        {
            Method = method ?? ScoreMethod.Of(run, _model.Options, Calibration);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
        _ownsDevice = ownsDevice;
    }

    /// <summary>What the model is; images are fitted to its size and channels.</summary>
    public MmrrOptions Options => _model.Options;

    /// <summary>What normal images say about the scores, from the run's <c>threshold.json</c>; null where it has none.</summary>
    public Calibration? Calibration { get; }

    /// <summary>An image is anomalous if its score at <see cref="Levels"/> is above, or no number; <see cref="ImageScore.Anomalous"/> says so.</summary>
    /// <exception cref="InvalidOperationException">The run has no threshold.</exception>
    public double Threshold =>
        Calibration?.Threshold
            ?? throw new InvalidOperationException($"{_run}: the run has no {Calibration.FileName}; mmrr threshold {_run} --calibrate DIR makes one");

    /// <summary>How the run scores. At other levels than its own, scores are of <see cref="ScoreRule.Paper"/>.</summary>
    public ScoreMethod Method { get; }

    /// <summary>Mask levels of a score where none are given: the run's.</summary>
    public LevelSchedule Levels => Method.Levels;

    /// <summary>Images that the device scores together: a call with a multiple of so many loses no time.</summary>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    public int BatchSize(LevelSchedule? levels = null) => Scoring.BatchSize(Options, (levels ?? Levels).Count, _model.Device.Kind);

    /// <summary>Opens a run, wherever its folder lies now.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">As <see cref="Device.Open"/> takes it.</param>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint, the threshold's file or the statistics of normal images are damaged, or missing where the rule
    /// needs them.</exception>
    /// <exception cref="DeviceUnavailableException">There is no such device.</exception>
    public static Scorer Load(string run, string device = "auto")
    {
        var opened = Device.Open(device);
        try
        {
            return new Scorer(run, opened, ownsDevice: true);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Opens a run on a device that stays the caller's.</summary>
    public static Scorer Load(string run, Device device) => new(run, device, ownsDevice: false);

    /// <summary>Opens the networks of a run to score by another method than the run's files say, without a threshold.</summary>
    internal static Scorer Load(string run, Device device, ScoreMethod method) => new(run, device, ownsDevice: false, method);

    /// <summary>Scores one image of any size.</summary>
    /// <param name="pixels">[height, width, channels], bytes 0 to 255, interleaved; in a run of 16-bit pictures each counts 257 times.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ReadOnlySpan<byte> pixels, int height, int width, int channels, LevelSchedule? levels = null, bool map = true) =>
        Score([Prepare(pixels, height, width, channels)], levels, map)[0];

    /// <summary>Makes an image what <see cref="Score(IReadOnlyList{PreparedImage}, LevelSchedule?, bool)"/> takes; needs no device.</summary>
    /// <exception cref="ArgumentException">The bytes are not an image of these sizes.</exception>
    public PreparedImage Prepare(ReadOnlySpan<byte> pixels, int height, int width, int channels) =>
        PreparedImage.From(Options, pixels, height, width, channels);

    /// <summary>Scores several prepared images; faster than one by one, and with the same results.</summary>
    /// <param name="images">From <see cref="Prepare(ReadOnlySpan{byte}, int, int, int)"/>.</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the maps.</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed, or its device.</exception>
    public IReadOnlyList<ImageScore> Score(IReadOnlyList<PreparedImage> images, LevelSchedule? levels = null, bool map = true)
    {
        var method = Method.At(levels);
        var decision = method.Decision(Calibration);
        BeginCall();
        try
        {
            return [.. TiledScoring.Score(_model, images, method, map).Select((s, i) => Result(s, s.Of(method.Rule), images[i]))];
        }
        finally
        {
            EndCall();
        }

        ImageScore Result(PreparedScore all, RuleScore own, PreparedImage image) => new(
            own.Refined, own.Restored, map ? own.RefinedMap : null, image.Height, image.Width)
        {
            Anomalous = decision?.IsAnomalous(own.Refined),
            Rule = method.Rule,
            PaperScore = all.Paper.Refined,
            PaperScoreWithoutRefinement = all.Paper.Restored,
            DeviationScore = all.Deviation?.Refined,
            DeviationScoreWithoutRefinement = all.Deviation?.Restored,
            NeighboursScore = all.Neighbours?.Refined,
            NeighboursScoreWithoutRefinement = all.Neighbours?.Restored,
            Box = image.Box,
            ClippedPixels = Options.Range.CountBeyond(image.Pixels, Options.Channels),
        };
    }

    /// <summary>Puts a map back onto the image that it came from, pixel for pixel; bilinear where the image was resized.</summary>
    /// <param name="score">Of an image of this run, with a map.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>[height, width]; NaN where the model does not look, which is outside of the centre square of a run with <see cref="ImageFit.Crop"/> and
    /// outside of the part of one with <see cref="ImageFit.Align"/>.</returns>
    /// <exception cref="ArgumentException">The score has no map, or that of another image.</exception>
    public float[] MapOnImage(ImageScore score, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(score);
        if (score.Map is null) throw new ArgumentException("MapOnImage: the score has no map; ask for one");
        return ImageRegion.PutBack(Options.Fit, score.Box, score.Map, score.MapHeight, score.MapWidth, height, width);
    }

    /// <summary>
    /// Waits for the calls of other threads that are under way, then frees the model. Later calls throw; what needs no device, such as
    /// <see cref="Prepare(ReadOnlySpan{byte}, int, int, int)"/>, goes on.
    /// </summary>
    public void Dispose()
    {
        lock (_lifetime)
        {
            _closed = true;
            while (_calls > 0) Monitor.Wait(_lifetime);
            if (_disposed) return;
            _disposed = true;
        }
        _model.Dispose();
        if (_ownsDevice) _model.Device.Dispose();
    }

    private void BeginCall()
    {
        lock (_lifetime)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _calls++;
        }
    }

    private void EndCall()
    {
        lock (_lifetime)
        {
            if (--_calls == 0) Monitor.PulseAll(_lifetime);
        }
    }
}
