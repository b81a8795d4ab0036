namespace Mmrr.Nn;

/// <summary>The source of the noise of one restoration.</summary>
/// <param name="Seed">The key of the generator.</param>
/// <param name="Stream">The stream; restorations with the same stream have the same noise.</param>
/// <param name="SameForEveryImage">True in scoring, so that a score does not depend on the batch; false in training.</param>
public readonly record struct NoiseSource(ulong Seed, ulong Stream, bool SameForEveryImage);
