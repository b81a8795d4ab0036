using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>The kind of mask (the paper's Table 3).</summary>
public enum MaskKind
{
    /// <summary>Learned: σ(f_M(x) + b), with the required mean.</summary>
    Learned,

    /// <summary>Every element is μ.</summary>
    Constant,

    /// <summary>Every element is 1 with probability μ, otherwise 0.</summary>
    Bernoulli,
}

/// <summary>The possible inputs of f_ref.</summary>
public enum RefinementInput
{
    /// <summary>x, the image.</summary>
    Image,

    /// <summary>x̂, the restored image.</summary>
    Restored,

    /// <summary>e, the embedding.</summary>
    Embedding,

    /// <summary>ẽ, the restricted embedding.</summary>
    Restricted,

    /// <summary>m, the mask.</summary>
    Mask,

    /// <summary>ε, the noise.</summary>
    Noise,
}

/// <summary>Everything that determines the shapes and the meaning of a model's weights. A checkpoint stores it in its metadata.</summary>
public sealed record MmrrOptions
{
    /// <summary>The name of the method of the paper.</summary>
    internal const string MmrrMethod = "mmrr";

    /// <summary>The method's name; null for MMRR, also in the files of versions that had no other.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Method { get; init => field = value == MmrrMethod ? null : value; }

    /// <summary>The settings of the method, by name; null for a method without settings of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Settings { get; init; }

    /// <summary>Channels of the images, 1 or 3.</summary>
    public int Channels { get; init; } = 1;

    /// <summary>Height and width of the images in pixels, divisible by 2^(Resolutions − 1).</summary>
    public int Size { get; init; } = 32;

    /// <summary>How images of other sizes are converted to squares of <see cref="Size"/>.</summary>
    public ImageFit Fit { get; init; } = ImageFit.Stretch;

    /// <summary>Whether each image's brightness and contrast are normalised before the networks see it; see <see cref="ImageLight"/>.</summary>
    public bool Normalize { get; init; }

    /// <summary>The image values that become −1 and 1. Options of earlier versions do not have it; they use 0 to 255.</summary>
    public PixelRange Range { get; init => field = value ?? PixelRange.Bytes; } = PixelRange.Bytes;

    /// <summary>Inner channels of the networks, a multiple of 16.</summary>
    public int Width { get; init; } = 128;

    /// <summary>Resolutions of the U-Nets: 4 for 32×32 images, 5 for 256×256 in the paper.</summary>
    public int Resolutions { get; init; } = 4;

    /// <summary>Whether e = tanh(f_E(x)); otherwise x itself is masked (Table 2).</summary>
    public bool Embedding { get; init; } = true;

    /// <summary>The kind of mask (Table 3).</summary>
    public MaskKind Mask { get; init; } = MaskKind.Learned;

    /// <summary>The inputs of f_ref, in the order of its input channels.</summary>
    public IReadOnlyList<RefinementInput> RefinementInputs { get; init; } =
        [RefinementInput.Image, RefinementInput.Embedding, RefinementInput.Mask, RefinementInput.Noise];

    /// <summary>A setting of the method.</summary>
    /// <exception cref="ArgumentException">There is no such setting.</exception>
    internal double Setting(string name) =>
        Settings?.TryGetValue(name, out double value) == true ? value : throw new ArgumentException($"the setting {name} of the method {Method} is missing");

    /// <summary>The options as JSON on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, OptionsJson.Default.MmrrOptions);

    /// <summary>Parses the result of <see cref="ToJson"/> and validates it.</summary>
    /// <exception cref="InvalidDataException">The text is not such JSON, or a value is out of range.</exception>
    public static MmrrOptions FromJson(string json)
    {
        try
        {
            var options = JsonSerializer.Deserialize(json, OptionsJson.Default.MmrrOptions) ?? throw new InvalidDataException("the model's options are null");
            options.Validate();
            return options;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"the model's options cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Channels is not (1 or 3)) throw new ArgumentException($"channels is {Channels}, expected 1 or 3");
        if (Width is < 16 or > 1024 || Width % 16 != 0) throw new ArgumentException($"width is {Width}, expected a multiple of 16 from 16 to 1024");
        if (Resolutions is < 1 or > 8) throw new ArgumentException($"resolutions is {Resolutions}, expected 1 to 8");
        int unit = 1 << (Resolutions - 1);
        if (Size < unit || Size > 4096 || Size % unit != 0)
            throw new ArgumentException(
                $"{(Fit == ImageFit.Tile ? "tile" : "size")} is {Size}, expected a multiple of {unit} (2^({Resolutions} resolutions - 1)) up to 4096");
        if (RefinementInputs is null || RefinementInputs.Count == 0 || RefinementInputs.Distinct().Count() != RefinementInputs.Count)
            throw new ArgumentException("the refinement needs one or more inputs, each once");
        Range.Validate();
        if (!Enum.IsDefined(Fit)) throw new ArgumentException("unknown fit");
        if (!Enum.IsDefined(Mask) || !RefinementInputs.All(i => Enum.IsDefined(i))) throw new ArgumentException("unknown mask or refinement input");
    }

    /// <inheritdoc/>
    public bool Equals(MmrrOptions? other) => other is not null && ToJson() == other.ToJson();

    /// <inheritdoc/>
    public override int GetHashCode() => ToJson().GetHashCode(StringComparison.Ordinal);
}

/// <summary>Serialization without reflection, with enums as text.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MmrrOptions))]
internal sealed partial class OptionsJson : JsonSerializerContext;
