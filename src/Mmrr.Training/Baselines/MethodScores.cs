namespace Mmrr.Training.Baselines;

/// <summary>The scores that a method gives to test images.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Scores">[M]; higher is more abnormal, but for brightness and contrast, which are what they are.</param>
internal sealed record MethodScores(string Method, double[] Scores);
