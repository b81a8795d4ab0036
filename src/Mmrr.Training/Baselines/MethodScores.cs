namespace Mmrr.Training.Baselines;

/// <summary>The scores that a method gives to test images.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Scores">[M]; higher is more abnormal, except for brightness and contrast, which are plain values.</param>
internal sealed record MethodScores(string Method, double[] Scores);
