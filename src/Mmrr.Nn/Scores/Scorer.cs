using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>The anomaly score of one image.</summary>
/// <param name="Score">The score of the refined image by the run's rule; for a tiled run, that of the worst tile. Higher is more anomalous.</param>
/// <param name="ScoreWithoutRefinement">The same for the restored image.</param>
/// <param name="Map">
/// The refined score of each pixel, [MapHeight, MapWidth]; null if not requested. <see cref="Scorer.MapOnImage"/> maps it to the image.
/// </param>
/// <param name="MapHeight">The model's size; for a tiled run, the image's height.</param>
/// <param name="MapWidth">The model's size; for a tiled run, the image's width.</param>
public sealed record ImageScore(double Score, double ScoreWithoutRefinement, float[]? Map, int MapHeight, int MapWidth)
{
    /// <summary>Whether <see cref="Score"/> is above the run's threshold or NaN; null if the run has no threshold for these levels.</summary>
    public bool? Anomalous { get; init; }

    /// <summary>The rule of <see cref="Score"/>, <see cref="ScoreWithoutRefinement"/> and <see cref="Map"/>.</summary>
    public ScoreRule Rule { get; init; }

    /// <summary>The score by <see cref="ScoreRule.Paper"/>.</summary>
    public double PaperScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double PaperScoreWithoutRefinement { get; init; }

    /// <summary>The score by <see cref="ScoreRule.Deviation"/>; null if there are no statistics of normal images at these levels.</summary>
    public double? DeviationScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double? DeviationScoreWithoutRefinement { get; init; }

    /// <summary>
    /// The score by <see cref="ScoreRule.Neighbours"/>; null for a tiled run and if there are no statistics of normal images at these levels.
    /// </summary>
    public double? NeighboursScore { get; init; }

    /// <summary>The same without refinement.</summary>
    public double? NeighboursScoreWithoutRefinement { get; init; }

    /// <summary>
    /// Number of pixels of the prepared image with a value outside the run's <see cref="MmrrOptions.Range"/>, which was clipped. A high number indicates
    /// that the light or the camera differs from training.
    /// </summary>
    public int ClippedPixels { get; init; }

    /// <summary>The rectangle of the part that the model saw; null except for <see cref="ImageFit.Align"/>.</summary>
    public PartBox? Box { get; init; }

    /// <summary>The highest value of the map; null if there is no map.</summary>
    public float? MaxPixelScore => Map?.Max();
}

/// <summary>
/// Scores images with a trained run. It is thread-safe: calls on one device are serialized, also those of several scorers. <see cref="Dispose"/> may be
/// called at any time: it waits for running calls.
/// <code>
/// using var scorer = Scorer.Load("runs/screws");
/// ImageScore result = scorer.Score(pixels, height, width, channels: 1);
/// bool reject = result.Anomalous == true;
/// </code>
/// </summary>
public sealed partial class Scorer : IDisposable
{
    private readonly string _run;
    private readonly AnomalyModel _model;
    private readonly bool _ownsDevice;

    // Guards the fields below; a disposing thread waits on it.
    private readonly object _lifetime = new();
    private int _calls;
    private bool _closed, _disposed;

    private Scorer(string run, Device device, bool ownsDevice, ScoreMethod? method = null)
    {
        _run = run;
        Calibration = method is null ? Calibration.Find(run) : null;
        // Other threads may be scoring on the device.
        using (device.Use.TakeTurn()) _model = Checkpoint.Load(run, device);
        _model.KeepTransformedWeights();
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

    /// <summary>The model's options; images are fitted to its size and channels.</summary>
    public MmrrOptions Options => _model.Options;

    /// <summary>The calibration from the run's <c>threshold.json</c>; null if it has none.</summary>
    public Calibration? Calibration { get; }

    /// <summary>An image is anomalous if its score at <see cref="Levels"/> is above the threshold or NaN; see <see cref="ImageScore.Anomalous"/>.</summary>
    /// <exception cref="InvalidOperationException">The run has no threshold.</exception>
    public double Threshold =>
        Calibration?.Threshold
            ?? throw new InvalidOperationException($"{_run}: the run has no {Calibration.FileName}; mmrr threshold {_run} --calibrate DIR makes one");

    /// <summary>The run's method. At other levels than its own, scores use <see cref="ScoreRule.Paper"/>.</summary>
    public ScoreMethod Method { get; private set; }

    /// <summary>
    /// Whether <see cref="ImageScore.DeviationScore"/> and <see cref="ImageScore.NeighboursScore"/> are computed for other rules than the run's, which takes
    /// a little time; true by default. It changes no other value. Set it before the first score.
    /// </summary>
    public bool AllRules
    {
        get => !Method.OneRule;
        set => Method = Method with { OneRule = !value };
    }

    /// <summary>The default mask levels: the run's.</summary>
    public LevelSchedule Levels => Method.Levels;

    /// <summary>Number of images that the device scores together: multiples of it are most efficient.</summary>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    public int BatchSize(LevelSchedule? levels = null) => Scoring.BatchSize(Options, (levels ?? Levels).Count, _model.Device.Kind);

    /// <summary>Loads a run; its folder may have been moved.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="device">A device name for <see cref="Device.Open"/>.</param>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">
    /// A checkpoint, the threshold file or the statistics of normal images are damaged, or statistics that the rule needs are missing.
    /// </exception>
    /// <exception cref="DeviceUnavailableException">The device is not available.</exception>
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

    /// <summary>Loads a run on a device that the caller owns.</summary>
    public static Scorer Load(string run, Device device) => new(run, device, ownsDevice: false);

    /// <summary>Opens the networks of a run to score by another method than the run's files say, without a threshold.</summary>
    internal static Scorer Load(string run, Device device, ScoreMethod method) => new(run, device, ownsDevice: false, method);

    /// <summary>Scores one image of any size.</summary>
    /// <param name="pixels">[height, width, channels], bytes 0 to 255, interleaved; a run of 16-bit images multiplies them by 257.</param>
    /// <param name="height">Its height.</param>
    /// <param name="width">Its width.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the map.</param>
    public ImageScore Score(ReadOnlySpan<byte> pixels, int height, int width, int channels, LevelSchedule? levels = null, bool map = true) =>
        Score([Prepare(pixels, height, width, channels)], levels, map)[0];

    /// <summary>Prepares an image for <see cref="Score(IReadOnlyList{PreparedImage}, LevelSchedule?, bool)"/>; needs no device.</summary>
    /// <exception cref="ArgumentException">The bytes do not match these sizes.</exception>
    public PreparedImage Prepare(ReadOnlySpan<byte> pixels, int height, int width, int channels) =>
        PreparedImage.From(Options, pixels, height, width, channels);

    /// <summary>Scores several prepared images; faster than one by one, and with the same results.</summary>
    /// <param name="images">From <see cref="Prepare(ReadOnlySpan{byte}, int, int, int)"/>.</param>
    /// <param name="levels">Mask levels; <see cref="Levels"/> where not given.</param>
    /// <param name="map">Whether to compute the maps.</param>
    /// <exception cref="ObjectDisposedException">The scorer or its device was disposed.</exception>
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

    /// <summary>Maps a score map to the pixels of its image; bilinear if the image was resized.</summary>
    /// <param name="score">The score of an image of this run, with a map.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <returns>
    /// [height, width]; NaN where the model does not see the image: outside the centre square with <see cref="ImageFit.Crop"/> and outside the part with
    /// <see cref="ImageFit.Align"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The score has no map or belongs to a different image.</exception>
    public float[] MapOnImage(ImageScore score, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(score);
        if (score.Map is null) throw new ArgumentException("MapOnImage: the score has no map; request one");
        return ImageRegion.PutBack(Options.Fit, score.Box, score.Map, score.MapHeight, score.MapWidth, height, width);
    }

    /// <summary>
    /// Waits for running calls of other threads, then frees the model. Later calls throw, except those that need no device, such as
    /// <see cref="Prepare(ReadOnlySpan{byte}, int, int, int)"/>.
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
