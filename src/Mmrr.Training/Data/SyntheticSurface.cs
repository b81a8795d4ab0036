namespace Mmrr.Training.Data;

/// <summary>
/// One product as the camera would see it, drawn by direct evaluation. Coordinates run over 0..64 in both directions
/// (x to the right, y down) whatever the size of the image in pixels.
/// </summary>
internal abstract class SyntheticSurface
{
    /// <summary>Side of the image in its own units.</summary>
    public const double Side = 64;

    /// <summary>How much stronger than on a plain surface a flaw must be for the same visibility; 1 or more.</summary>
    public abstract double Camouflage { get; }

    /// <summary>Colour at a point, without camera noise.</summary>
    public abstract SurfaceColor ColorAt(double x, double y);

    /// <summary>Whether the point is on the product and not on its background.</summary>
    public abstract bool IsProduct(double x, double y);

    /// <summary>A random point where a defect can be.</summary>
    public abstract (double X, double Y) RandomPoint(ref SplitMix64 random);

    /// <summary>The same product with a piece missing.</summary>
    /// <param name="random">Draws the place and the amount.</param>
    /// <param name="contrast">0 (hardly visible) .. 1 (clearly visible).</param>
    public abstract SyntheticSurface WithMissing(ref SplitMix64 random, double contrast);
}
