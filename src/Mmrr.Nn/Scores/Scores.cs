namespace Mmrr.Nn;

/// <summary>What one rule makes of N images; higher is more abnormal.</summary>
/// <param name="Refined">Of x̂ + r, [N].</param>
/// <param name="Restored">Of x̂, [N].</param>
/// <param name="RefinedMap">The same for each pixel, [N, S, S]; empty where no maps were asked for.</param>
/// <param name="RestoredMap">Of x̂.</param>
public sealed record RuleScores(double[] Refined, double[] Restored, float[] RefinedMap, float[] RestoredMap);

/// <summary>The errors of N images at L levels, and what the rules make of them.</summary>
/// <param name="RefinedErrors">The mean squared error of x̂ + r at each level, [N, L].</param>
/// <param name="RestoredErrors">The same of x̂, [N, L].</param>
/// <param name="Paper">The sums over the levels; in the maps, of the channels' mean squared errors.</param>
/// <param name="Deviation">See <see cref="DeviationRule"/>; null where there are no statistics of normal images.</param>
/// <param name="Neighbours">By <see cref="ScoreRule.Neighbours"/>, with the maps of <paramref name="Paper"/>; null where there are no statistics, or none of
/// this rule, as of tiles.</param>
public sealed record Scores(float[] RefinedErrors, float[] RestoredErrors, RuleScores Paper, RuleScores? Deviation, RuleScores? Neighbours);
