namespace Mmrr.Training.Data;

/// <summary>A defect on the surface of a product.</summary>
internal abstract class SyntheticFlaw
{
    /// <summary>Colour of the surface under the flaw; coordinates as in <see cref="SyntheticSurface"/>.</summary>
    public abstract SurfaceColor Apply(double x, double y, SurfaceColor color);
}

/// <summary>A thin bright or dark curve that tapers to its ends.</summary>
internal sealed class Scratch : SyntheticFlaw
{
    private const int Segments = 24;
    private readonly (double X, double Y)[] points = new (double, double)[Segments + 1];
    private readonly double halfWidth;
    private readonly double amount;

    /// <summary>A scratch through a point.</summary>
    /// <param name="x">Middle of the scratch.</param>
    /// <param name="y">Middle of the scratch.</param>
    /// <param name="random">Direction, length, bend, width, and bright or dark.</param>
    /// <param name="contrast">Above 0; 1 is clearly visible.</param>
    public Scratch(double x, double y, ref SplitMix64 random, double contrast)
    {
        double angle = random.NextDouble(-Math.PI, Math.PI);
        double half = random.NextDouble(8, 17);
        double bend = random.NextDouble(-6, 6);
        var (cos, sin) = (PortableMath.Cos(angle), PortableMath.Sin(angle));
        for (int k = 0; k <= Segments; k++)
        {
            double t = (2.0 * k / Segments) - 1;
            double along = half * t;
            double across = bend * t * t;
            points[k] = (x + (cos * along) - (sin * across), y + (sin * along) + (cos * across));
        }

        halfWidth = random.NextDouble(0.6, 0.95);
        amount = (random.NextDouble() < 0.5 ? -0.55 : 0.55) * contrast;
    }

    /// <inheritdoc/>
    public override SurfaceColor Apply(double x, double y, SurfaceColor color)
    {
        double best = double.MaxValue;
        double place = 0;
        for (int k = 0; k < Segments; k++)
        {
            var (ax, ay) = points[k];
            var (bx, by) = (points[k + 1].X - ax, points[k + 1].Y - ay);
            double t = Math.Clamp((((x - ax) * bx) + ((y - ay) * by)) / ((bx * bx) + (by * by)), 0, 1);
            double ex = x - ax - (t * bx);
            double ey = y - ay - (t * by);
            double square = (ex * ex) + (ey * ey);
            if (square < best)
                (best, place) = (square, (k + t) / Segments);
        }

        double taper = ValueNoise.SmoothStep(0, 0.25, place) * ValueNoise.SmoothStep(1, 0.75, place);
        double profile = 1 - ValueNoise.SmoothStep(0.6 * halfWidth, halfWidth + 0.25, Math.Sqrt(best));
        double change = amount * profile * (0.35 + (0.65 * taper));
        return color + new SurfaceColor(change, change, change);
    }
}

/// <summary>A soft-edged discolouration: oil, rust, heat tint, bleach or ink.</summary>
internal sealed class Spot : SyntheticFlaw
{
    // Each multiplies the colour below, so the texture still shows through.
    private static readonly SurfaceColor[] Tints =
    [
        new(0.35, 0.32, 0.28), new(1.05, 0.62, 0.30), new(0.64, 0.76, 1.10), new(1.60, 1.57, 1.52), new(0.75, 0.45, 0.60),
    ];

    private readonly double x;
    private readonly double y;
    private readonly double radius;
    private readonly double stretch;
    private readonly double cos;
    private readonly double sin;
    private readonly SurfaceColor tint;
    private readonly ValueNoise noise;

    /// <summary>A spot at a point.</summary>
    /// <param name="x">Middle of the spot.</param>
    /// <param name="y">Middle of the spot.</param>
    /// <param name="random">Size, shape and tint.</param>
    /// <param name="contrast">Above 0; 1 is the full tint.</param>
    public Spot(double x, double y, ref SplitMix64 random, double contrast)
    {
        this.x = x;
        this.y = y;
        radius = random.NextDouble(5, 8.5);
        stretch = random.NextDouble(1, 1.4);
        double angle = random.NextDouble(-Math.PI, Math.PI);
        cos = PortableMath.Cos(angle);
        sin = PortableMath.Sin(angle);
        tint = SurfaceColor.Lerp(new SurfaceColor(1, 1, 1), Tints[random.NextInt(Tints.Length)], contrast);
        noise = new ValueNoise(random.Next());
    }

    /// <inheritdoc/>
    public override SurfaceColor Apply(double x, double y, SurfaceColor color)
    {
        double dx = x - this.x;
        double dy = y - this.y;
        double u = ((cos * dx) + (sin * dy)) * stretch;
        double v = (cos * dy) - (sin * dx);
        double ragged = 1 + (0.3 * noise.Smooth(x / 3.5, y / 3.5));
        double distance = Math.Sqrt((u * u) + (v * v)) * ragged / radius;
        double strength = 1 - ValueNoise.SmoothStep(0.55, 1.1, distance);
        return color * SurfaceColor.Lerp(new SurfaceColor(1, 1, 1), tint, strength);
    }
}
