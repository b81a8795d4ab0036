namespace Mmrr.Kernels;

/// <summary>
/// The transforms of Winograd's minimal filtering F(4×4, 3×3) (Lavin and Gray 2016, arXiv:1509.09308): a 4×4 tile of outputs needs 36 products per channel,
/// where the direct sum needs 144. Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, each on 16 channels at a time. The points are 0, ±1, ±2 and ∞.
/// </summary>
internal static unsafe partial class WinogradTransforms
{
    /// <summary>Outputs along one side of a tile.</summary>
    public const int Tile = 4;

    /// <summary>Inputs along one side of a tile, Tile + 2.</summary>
    public const int Patch = 6;

    /// <summary>Products per tile and channel.</summary>
    public const int Products = Patch * Patch;

    /// <summary>
    /// Floats by which the 36 planes of a block lie further apart than their size, one cache line: planes of exact multiples of 4 KB would all map to the
    /// same lines of a cache.
    /// </summary>
    public const int Line = 16;

    /// <summary>Floats of aligned memory between the two passes of a transform.</summary>
    public const int TemporaryFloats = Products * 16;
}
