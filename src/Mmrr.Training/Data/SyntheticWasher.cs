namespace Mmrr.Training.Data;

/// <summary>A turned metal ring with six bolt holes on a dark, horizontally brushed plate, slightly shifted and rotated.</summary>
internal sealed class SyntheticWasher : SyntheticSurface
{
    private const double Outer = 26;
    private const double Inner = 9.5;
    private const double HoleCircle = 18;
    private const double HoleRadius = 3.1;
    private const double Bevel = 1.3;
    private static readonly SurfaceColor Metal = new(0.63, 0.64, 0.66);
    private static readonly SurfaceColor Plate = new(0.17, 0.18, 0.20);

    // Direction of the light in the image: from the upper left.
    private static readonly (double X, double Y) Light = (-0.6, -0.8);
    private readonly double centerX;
    private readonly double centerY;
    private readonly double brightness;
    private readonly ValueNoise noise;
    private readonly (double X, double Y)[] holes;
    private readonly Damage damage;

    /// <summary>Draws the variation that normal pieces have.</summary>
    public SyntheticWasher(ref SplitMix64 random)
    {
        centerX = 32 + random.NextDouble(-1.5, 1.5);
        centerY = 32 + random.NextDouble(-1.5, 1.5);
        double turn = random.NextDouble(-0.15, 0.15);
        brightness = random.NextDouble(0.93, 1.07);
        noise = new ValueNoise(random.Next());
        holes = new (double, double)[6];
        for (int k = 0; k < holes.Length; k++)
        {
            double angle = turn + (k * Math.PI / 3);
            holes[k] = (HoleCircle * PortableMath.Cos(angle), HoleCircle * PortableMath.Sin(angle));
        }

        damage = new Damage(FilledHole: -1, FillTone: 1, Chip: null);
    }

    private SyntheticWasher(SyntheticWasher whole, Damage damage)
    {
        (centerX, centerY, brightness, noise, holes) = (whole.centerX, whole.centerY, whole.brightness, whole.noise, whole.holes);
        this.damage = damage;
    }

    /// <inheritdoc/>
    public override double Camouflage => 1;

    /// <inheritdoc/>
    public override bool IsProduct(double x, double y) => Depth(x - centerX, y - centerY, out _) > 0;

    /// <inheritdoc/>
    public override (double X, double Y) RandomPoint(ref SplitMix64 random)
    {
        while (true)
        {
            double angle = random.NextDouble(-Math.PI, Math.PI);
            double radius = random.NextDouble(Inner + 2, Outer - 2);
            double x = centerX + (radius * PortableMath.Cos(angle));
            double y = centerY + (radius * PortableMath.Sin(angle));
            if (IsProduct(x, y))
                return (x, y);
        }
    }

    /// <inheritdoc/>
    public override SyntheticSurface WithMissing(ref SplitMix64 random, double contrast)
    {
        if (random.NextDouble() < 0.5)
        {
            // The faint form is a hole filled with something nearly as dark as the plate behind it.
            return new SyntheticWasher(this, damage with { FilledHole = random.NextInt(holes.Length), FillTone = 0.3 + (0.7 * contrast) });
        }

        double angle = random.NextDouble(-Math.PI, Math.PI);
        double radius = random.NextDouble(4, 6);
        double bite = 0.7 + (3.3 * contrast);
        double distance = random.NextDouble() < 0.7 ? Outer + radius - bite : Inner - radius + bite;
        return new SyntheticWasher(this, damage with { Chip = (distance * PortableMath.Cos(angle), distance * PortableMath.Sin(angle), radius) });
    }

    /// <inheritdoc/>
    public override SurfaceColor ColorAt(double x, double y)
    {
        double dx = x - centerX;
        double dy = y - centerY;
        double depth = Depth(dx, dy, out var normal);
        return (depth > 0 ? MetalAt(dx, dy, depth, normal) : PlateAt(x, y)) * brightness;
    }

    private SurfaceColor MetalAt(double dx, double dy, double depth, (double X, double Y) normal)
    {
        double radius = Math.Sqrt((dx * dx) + (dy * dy));

        // Turning marks are rings, so they shine in the two directions that face the light (a bow-tie highlight).
        double facing = radius > 0 ? ((dx * Light.X) + (dy * Light.Y)) / radius : 0;
        double sheen = 0.86 + (0.26 * facing * facing * facing * facing);
        double marks = 1 + (0.05 * noise.Smooth(radius * 1.1, 100 + (facing * 2)));
        var color = Metal * (sheen * marks);
        if (depth < Bevel)
            color *= 1 + (0.42 * (1 - (depth / Bevel)) * ((normal.X * Light.X) + (normal.Y * Light.Y)));
        if (damage.FilledHole >= 0)
        {
            var (x, y) = holes[damage.FilledHole];
            double fromHole = Math.Sqrt(Square(dx - x) + Square(dy - y));
            if (fromHole < HoleRadius)
                color *= damage.FillTone * (0.75 + (0.25 * ValueNoise.SmoothStep(HoleRadius + 0.4, HoleRadius - 1, fromHole)));
        }

        return color;
    }

    private SurfaceColor PlateAt(double x, double y)
    {
        double brushed = 1 + (0.16 * noise.Smooth(x / 14, y * 0.9)) + (0.05 * noise.Smooth(x / 20, 50 + (y / 16)));

        // Soft shadow of the ring, away from the light.
        double shadowX = x - centerX + (1.6 * Light.X);
        double shadowY = y - centerY + (1.6 * Light.Y);
        double covered = ValueNoise.SmoothStep(-1.4, 1.4, Depth(shadowX, shadowY, out _));
        return Plate * (brushed * (1 - (0.5 * covered)));
    }

    /// <summary>
    /// How far inside the metal a point is (negative outside), and the direction towards the nearest edge.
    /// Arguments are relative to the centre of the ring.
    /// </summary>
    private double Depth(double dx, double dy, out (double X, double Y) normal)
    {
        double radius = Math.Max(Math.Sqrt((dx * dx) + (dy * dy)), 1e-9);
        double depth = Outer - radius;
        normal = (dx / radius, dy / radius);
        if (radius - Inner < depth)
        {
            depth = radius - Inner;
            normal = (-dx / radius, -dy / radius);
        }

        for (int k = 0; k < holes.Length; k++)
        {
            if (k != damage.FilledHole)
                Cut(holes[k].X, holes[k].Y, HoleRadius, ref depth, ref normal);
        }

        if (damage.Chip is { } chip)
            Cut(chip.X, chip.Y, chip.Radius, ref depth, ref normal);
        return depth;

        void Cut(double x, double y, double size, ref double depth, ref (double X, double Y) normal)
        {
            double distance = Math.Max(Math.Sqrt(Square(dx - x) + Square(dy - y)), 1e-9);
            if (distance - size >= depth)
                return;
            depth = distance - size;
            normal = ((x - dx) / distance, (y - dy) / distance);
        }
    }

    private static double Square(double x) => x * x;

    /// <summary>The damage: a filled hole (or -1) of some tone, and a disc missing from a rim.</summary>
    private readonly record struct Damage(int FilledHole, double FillTone, (double X, double Y, double Radius)? Chip);
}
