namespace Mmrr.Nn;

/// <summary>The scores of N images by one rule; higher is more anomalous.</summary>
/// <param name="Refined">Scores of x̂ + r, [N].</param>
/// <param name="Restored">Scores of x̂, [N].</param>
/// <param name="RefinedMap">Pixel scores of x̂ + r, [N, S, S]; empty if no maps were requested.</param>
/// <param name="RestoredMap">Pixel scores of x̂.</param>
public sealed record RuleScores(double[] Refined, double[] Restored, float[] RefinedMap, float[] RestoredMap);

/// <summary>The errors of N images at L levels and the scores of the rules.</summary>
/// <param name="RefinedErrors">The mean squared error of x̂ + r at each level, [N, L].</param>
/// <param name="RestoredErrors">The same for x̂, [N, L].</param>
/// <param name="Paper">The sums over the levels; in the maps, of the channels' mean squared errors.</param>
/// <param name="Deviation">See <see cref="DeviationRule"/>; null if there are no statistics of normal images.</param>
/// <param name="Neighbours">
/// By <see cref="ScoreRule.Neighbours"/>, with the maps of <paramref name="Paper"/>; null if there are no statistics for this rule, as for tiles.
/// </param>
public sealed record Scores(float[] RefinedErrors, float[] RestoredErrors, RuleScores Paper, RuleScores? Deviation, RuleScores? Neighbours);
