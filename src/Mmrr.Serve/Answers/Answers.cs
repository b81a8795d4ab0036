using System.Text.Json.Serialization;

namespace Mmrr.Serve.Answers;

/// <summary>The score of an image. Numbers that are not finite are the strings NaN, Infinity and -Infinity.</summary>
/// <param name="Image">The name that it came with.</param>
/// <param name="Score">The score by the run's rule; higher is more anomalous.</param>
/// <param name="ScoreWithoutRefinement">The same without refinement.</param>
/// <param name="Threshold">The run's threshold; null where it has none.</param>
/// <param name="Anomalous">Whether the score is above the threshold or not a number; null without a threshold.</param>
/// <param name="Rule">The run's rule: paper, deviation or neighbours.</param>
/// <param name="MaxPixelScore">The highest score of a pixel.</param>
/// <param name="Width">The image's own width.</param>
/// <param name="Height">The image's own height.</param>
/// <param name="ClippedPixels">Pixels outside the run's range of values.</param>
/// <param name="Sha256">The file's SHA-256 in hexadecimal.</param>
/// <param name="Milliseconds">From the last byte of the image to its score.</param>
internal sealed record ScoreAnswer(
    string? Image, double Score, double ScoreWithoutRefinement, double? Threshold, bool? Anomalous, string Rule, float? MaxPixelScore, int Width, int Height,
    int ClippedPixels, string Sha256, double Milliseconds)
{
    /// <summary>With <c>?heatmap=png</c>: a PNG in base64.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Heatmap { get; init; }

    /// <summary>With <c>?map=raw</c>: height × width little-endian float32 values in base64, row by row; NaN where the model does not see the image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Map { get; init; }
}

/// <summary>An image of several that could not be scored.</summary>
/// <param name="Image">The name that it came with.</param>
/// <param name="Status">The status code that it would have alone.</param>
/// <param name="Error">What came and what was expected.</param>
internal sealed record ImageError(string? Image, int Status, string Error);

/// <summary>The scores of several images.</summary>
/// <param name="Results">Those that were scored, in the order of their arrival.</param>
/// <param name="Errors">Those that could not be.</param>
internal sealed record ScoresAnswer(IReadOnlyList<ScoreAnswer> Results, IReadOnlyList<ImageError> Errors);

/// <summary>A run that is served.</summary>
/// <param name="Name">Its name in the addresses.</param>
/// <param name="Version">How often it was loaded.</param>
/// <param name="Loaded">When it was loaded.</param>
/// <param name="Problem">Why the files on disk are not those in use; null where they are.</param>
/// <param name="Size">Side of the square that the model sees.</param>
/// <param name="Channels">1 (grey) or 3 (colour).</param>
/// <param name="Fit">How images are fitted to the square.</param>
/// <param name="Rule">The rule of its scores.</param>
/// <param name="Threshold">Its threshold; null where it has none.</param>
/// <param name="FalseAlarm">The false-alarm rate behind it; null where it was set by hand.</param>
/// <param name="NormalScores">The scores of the normal images behind it, ascending.</param>
/// <param name="Watches">Whether a folder is watched for it.</param>
internal sealed record RunAnswer(
    string Name, int Version, DateTimeOffset Loaded, string? Problem, int Size, int Channels, string Fit, string Rule, double? Threshold, double? FalseAlarm,
    IReadOnlyList<double> NormalScores, bool Watches);

/// <summary>The runs that are served.</summary>
/// <param name="Runs">The runs.</param>
/// <param name="Device">Where scores are computed.</param>
/// <param name="BodyBytes">The most bytes of a request's body.</param>
internal sealed record RunsAnswer(IReadOnlyList<RunAnswer> Runs, string Device, long BodyBytes);

/// <summary>Whether the service works.</summary>
/// <param name="Status"><c>ok</c>, or <c>degraded</c> where files of a run have changed and cannot be loaded.</param>
/// <param name="Problems">A line for each such run.</param>
internal sealed record HealthAnswer(string Status, IReadOnlyList<string> Problems);

/// <summary>An error (RFC 9457).</summary>
/// <param name="Status">The status code.</param>
/// <param name="Title">Its name.</param>
/// <param name="Detail">What came and what was expected.</param>
internal sealed record ProblemAnswer(int Status, string Title, string Detail);

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ScoreAnswer))]
[JsonSerializable(typeof(ScoresAnswer))]
[JsonSerializable(typeof(RunsAnswer))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
[JsonSerializable(typeof(Review))]
[JsonSerializable(typeof(ReviewsAnswer))]
[JsonSerializable(typeof(WatchedAnswer))]
internal sealed partial class AnswerJson : JsonSerializerContext;

/// <summary>The reviews of a run.</summary>
/// <param name="Reviews">The last review of each image, by its SHA-256.</param>
/// <param name="Folder">Where they are kept.</param>
/// <param name="List">The list of accepted images for <c>mmrr train --data csv</c>; null before the first one.</param>
internal sealed record ReviewsAnswer(IReadOnlyList<Review> Reviews, string Folder, string? List);

/// <summary>What arrived in a watched folder.</summary>
/// <param name="Last">The number of the last image.</param>
/// <param name="Images">The images with higher numbers than asked for.</param>
internal sealed record WatchedAnswer(long Last, IReadOnlyList<WatchedImage> Images);

/// <summary>An image of a watched folder.</summary>
/// <param name="Number">Its number, ascending in the order of arrival.</param>
/// <param name="Time">When it was scored.</param>
/// <param name="Name">Its path in the folder.</param>
/// <param name="Result">Its score; null where it could not be scored.</param>
/// <param name="Error">Why it could not be scored; null where it was.</param>
internal sealed record WatchedImage(long Number, DateTimeOffset Time, string Name, ScoreAnswer? Result, string? Error);
