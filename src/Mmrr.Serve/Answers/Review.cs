namespace Mmrr.Serve.Answers;

/// <summary>A person's decision on an image.</summary>
/// <param name="Time">When it was made, UTC.</param>
/// <param name="Reviewer">By whom.</param>
/// <param name="Image">The image's name, as the client gave it.</param>
/// <param name="Sha256">SHA-256 of the image's file.</param>
/// <param name="Score">The run's score.</param>
/// <param name="Threshold">The run's threshold then; null where it had none.</param>
/// <param name="Decision">The run's decision, <c>normal</c> or <c>anomalous</c>; null without a threshold.</param>
/// <param name="Verdict">The person's decision, <c>normal</c> or <c>anomalous</c>.</param>
internal sealed record Review(
    DateTimeOffset Time, string Reviewer, string Image, string Sha256, double Score, double? Threshold, string? Decision, string Verdict);
