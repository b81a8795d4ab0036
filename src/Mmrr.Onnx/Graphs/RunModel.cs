using Mmrr.Nn;

namespace Mmrr.Onnx.Graphs;

/// <summary>What of a run goes into a graph.</summary>
/// <param name="Options">The model's options.</param>
/// <param name="Method">The levels, the rule and the statistics of normal images.</param>
/// <param name="Weights">The weights of all networks by their names in the checkpoints; convolutions are [out, in, K, K].</param>
internal sealed record RunModel(MmrrOptions Options, ScoreMethod Method, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Weights);
