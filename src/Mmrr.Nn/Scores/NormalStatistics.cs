using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>
/// Statistics of the errors of normal images: at each level and position the mean and the spread of r (see <see cref="DeviationRule"/>), for the refined
/// and the restored image. For a tiled model, whose tiles may lie anywhere, one mean and one spread per level. It also holds the data of
/// <see cref="ScoreRule.Neighbours"/>. Training writes it to the run as <c>normal.safetensors</c>.
/// </summary>
public sealed class NormalStatistics
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "normal.safetensors";

    private const int Format = 1;
    private const string HeaderKey = "mmrr.normal";

    private NormalStatistics(Header header, DeviationRule formula, Moments refined, Moments restored, NormalNeighbours? neighbours)
    {
        Neighbours = neighbours;
        (Rule, Levels, Images, Formula) = (header.Rule, header.Levels, header.Images, formula);
        (Refined, Restored) = (refined, restored);
    }

    /// <summary>The run's rule; the statistics also serve the scores of the other rules.</summary>
    public ScoreRule Rule { get; }

    /// <summary>The levels; the statistics are not valid for other levels.</summary>
    public LevelSchedule Levels { get; }

    /// <summary>Number of normal images, or tiles of them, in the statistics.</summary>
    public int Images { get; }

    /// <summary>The formula that the statistics are for.</summary>
    public DeviationRule Formula { get; }

    internal Moments Refined { get; }

    internal Moments Restored { get; }

    /// <summary>The data of <see cref="ScoreRule.Neighbours"/>; null for a tiled model and for fewer than two images.</summary>
    internal NormalNeighbours? Neighbours { get; }

    /// <summary>Computes the statistics of normal images.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="squares">At least one image of the model's size and channels, each with its light; for a tiled model, tiles of images.</param>
    /// <param name="levels">The run's levels.</param>
    /// <param name="rule">The run's rule.</param>
    /// <exception cref="ArgumentException">There is no image, or one does not have the model's size.</exception>
    public static NormalStatistics Of(AnomalyModel model, IEnumerable<(PreparedImage Image, ImageLight Light)> squares, LevelSchedule levels, ScoreRule rule)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(squares);
        ArgumentNullException.ThrowIfNull(levels);
        var o = model.Options;
        int length = o.Size * o.Size * o.Channels, images = 0;
        var formula = new DeviationRule(o.Size, DeviationRule.SigmaFor(o.Size));
        var (refined, restored) = (new Sums(formula, levels.Count, Places(o)), new Sums(formula, levels.Count, Places(o)));
        var neighbours = o.Fit == ImageFit.Tile || !AnomalyMethods.Of(o).Restores ? null : new NormalNeighbours.Gathering(o, levels);
        foreach (var batch in squares.Chunk(Scoring.BatchSize(o, levels.Count, model.Device.Kind)))
        {
            var values = new float[batch.Length * length];
            for (int i = 0; i < batch.Length; i++)
            {
                var (image, light) = batch[i];
                if (image.Pixels.Length != length)
                    throw new ArgumentException(
                        $"NormalStatistics: an image has {image.Pixels.Length} values, expected {length} ([{o.Size}, {o.Size}, {o.Channels}])");
                ImagePixels.ToFloats(image.Pixels, o.Range, light, values.AsSpan(i * length, length));
            }
            using (model.Device.Use.TakeTurn())
            {
                using var scope = new DisposeScope();
                model.Visit(values, levels, group =>
                {
                    neighbours?.Add(group);
                    refined.Add(group, group.PixelErrors(refined: true).ToArray());
                    restored.Add(group, group.PixelErrors(refined: false).ToArray());
                });
            }
            images += batch.Length;
        }
        if (images == 0) throw new ArgumentException("NormalStatistics: no normal image");
        return new NormalStatistics(
            new Header(Format, rule, levels, formula.Sigma, formula.Share, images), formula, refined.Moments(), restored.Moments(), neighbours?.Made());
    }

    /// <summary>Reads a run's statistics.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="model">The run's model.</param>
    /// <returns>Null if the run has none.</returns>
    /// <exception cref="InvalidDataException">The file is damaged or belongs to a different model.</exception>
    public static NormalStatistics? Find(string run, MmrrOptions model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string path = Path.Combine(run, FileName);
        if (!File.Exists(path)) return null;
        using var file = SafeTensorsFile.Open(path);
        var header = ReadHeader(file, path);
        int[] shape = model.Fit == ImageFit.Tile ? [header.Levels.Count] : [header.Levels.Count, model.Size, model.Size];
        Moments Read(string name) => new(Tensor(file, path, $"{name}.mean", shape), Tensor(file, path, $"{name}.spread", shape));
        var (refined, restored) = (Read("refined"), Read("restored"));
        if (refined.Spread.Concat(restored.Spread).Any(s => s <= 0)) throw new InvalidDataException($"{path}: a spread is not above 0");
        return new NormalStatistics(
            header, new DeviationRule(model.Size, header.Sigma, header.Share), refined, restored, NormalNeighbours.Find(file, path, header.Levels, model));
    }

    /// <summary>Writes the statistics and the threshold that belongs to them to a run's folder: both old files stay, or both are replaced.</summary>
    /// <exception cref="ArgumentException">A value is not finite or out of range; nothing is written.</exception>
    public void Save(string run, Calibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        AtomicFile.WriteTogether([(Path.Combine(run, FileName), Content()), (Path.Combine(run, Calibration.FileName), calibration.Content())]);
    }

    /// <summary>Writes the statistics to a run's folder, atomically replacing an old file.</summary>
    /// <exception cref="ArgumentException">A value is not finite; nothing is written.</exception>
    public void Save(string run) => AtomicFile.Write(Path.Combine(run, FileName), Content());

    private Action<Stream> Content()
    {
        var header = new Header(Format, Rule, Levels, Formula.Sigma, Formula.Share, Images);
        int places = Refined.Mean.Length / Levels.Count;
        int[] shape = places == 1 ? [Levels.Count] : [Levels.Count, Formula.Size, Formula.Size];
        return SafeTensorsFile.Content(
            new Dictionary<string, string> { [HeaderKey] = JsonSerializer.Serialize(header, NormalJson.Default.Header) },
            [
                ("refined.mean", shape, Refined.Mean), ("refined.spread", shape, Refined.Spread),
                ("restored.mean", shape, Restored.Mean), ("restored.spread", shape, Restored.Spread),
                .. Neighbours?.Tensors() ?? [],
            ]);
    }

    private static int Places(MmrrOptions options) => options.Fit == ImageFit.Tile ? 1 : options.Size * options.Size;

    private static Header ReadHeader(SafeTensorsFile file, string path)
    {
        if (!file.Metadata.TryGetValue(HeaderKey, out string? json))
            throw new InvalidDataException($"{path}: the metadata has no {HeaderKey}; it does not hold statistics of normal images");
        try
        {
            var header = RunJson.Read(path, json, NormalJson.Default.Header, Format);
            if (header.Format != Format) throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"format is {header.Format}, expected {Format}"));
            if (header.Levels is null || !Enum.IsDefined(header.Rule) || header.Images < 1)
                throw new JsonException("levels, rule or images is missing or out of range");
            if (!(header.Sigma is > 0 and <= 4096 && header.Share is > 0 and <= 1)) throw new JsonException("sigma or share is out of range");
            return header;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: not the statistics of normal images ({e.Message.Split('\n')[0]})", e);
        }
    }

    /// <summary>Reads a tensor of the expected shape.</summary>
    internal static float[] Tensor(SafeTensorsFile file, string path, string name, int[] shape)
    {
        if (file.Entries.FirstOrDefault(e => e.Name == name) is { } entry && !entry.Shape.SequenceEqual(shape))
            throw new InvalidDataException(
                $"{path}: '{name}' has the shape [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", shape)}]: it belongs to a different model");
        return file.Read(name);
    }

    /// <summary>The moments of the refined or the restored images, [L, S, S] or [L].</summary>
    internal sealed record Moments(float[] Mean, float[] Spread)
    {
        /// <summary>The mean and spread of a level, [S, S] or [1].</summary>
        public (ReadOnlyMemory<float> Mean, ReadOnlyMemory<float> Spread) At(int level, int levels)
        {
            int places = Mean.Length / levels;
            return (Mean.AsMemory(level * places, places), Spread.AsMemory(level * places, places));
        }
    }

    /// <summary>The metadata of the file.</summary>
    internal sealed record Header(int Format, ScoreRule Rule, LevelSchedule Levels, double Sigma, double Share, int Images);

    /// <summary>Accumulates moments.</summary>
    private sealed class Sums(DeviationRule formula, int levels, int places)
    {
        private readonly double[] _mean = new double[levels * places];
        private readonly double[] _squares = new double[levels * places];
        private readonly long[] _counts = new long[levels];
        private readonly float[] _roughness = new float[formula.Size * formula.Size];

        /// <summary>Adds the error maps of a group of levels, [N·count, S, S].</summary>
        public void Add(LevelOutputs group, float[] errors)
        {
            for (int row = 0; row < errors.Length / _roughness.Length; row++)
            {
                int level = group.First + (row % group.Count);
                formula.Roughness(errors.AsSpan(row * _roughness.Length, _roughness.Length), _roughness);
                _counts[level] = DeviationRule.Accumulate(
                    _roughness, _counts[level], _mean.AsSpan(level * places, places), _squares.AsSpan(level * places, places));
            }
        }

        public Moments Moments()
        {
            var spread = new float[_mean.Length];
            for (int l = 0; l < levels; l++)
                DeviationRule.Spread(_counts[l], _mean.AsSpan(l * places, places), _squares.AsSpan(l * places, places), spread.AsSpan(l * places, places));
            return new Moments(Array.ConvertAll(_mean, m => (float)m), spread);
        }
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(NormalStatistics.Header))]
internal sealed partial class NormalJson : JsonSerializerContext;
