namespace Mmrr.Kernels;

/// <summary>The parameters of a group normalisation, of which ReLU follows.</summary>
/// <param name="Gamma">γ, [C].</param>
/// <param name="Beta">β, [C].</param>
/// <param name="Groups">G, a divisor of C.</param>
/// <param name="Epsilon">ε, positive.</param>
public sealed record Normalization(Tensor Gamma, Tensor Beta, int Groups, float Epsilon);
