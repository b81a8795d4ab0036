namespace Mmrr.Training.Data;

/// <summary>Plain weave: pale warp threads (vertical) over and under blue-grey weft threads, slightly rotated and scaled.</summary>
internal sealed class SyntheticWeave : SyntheticSurface
{
    private static readonly SurfaceColor Warp = new(0.80, 0.73, 0.60);
    private static readonly SurfaceColor Weft = new(0.52, 0.56, 0.60);
    private static readonly SurfaceColor Backing = new(0.16, 0.15, 0.15);
    private readonly double cos;
    private readonly double sin;
    private readonly double pitch;
    private readonly double phaseU;
    private readonly double phaseV;
    private readonly double gradientX;
    private readonly double gradientY;
    private readonly ValueNoise noise;
    private readonly Gap? gap;

    /// <summary>Draws the variation that normal pieces have.</summary>
    public SyntheticWeave(ref SplitMix64 random)
    {
        double angle = random.NextDouble(-0.03, 0.03);
        cos = PortableMath.Cos(angle);
        sin = PortableMath.Sin(angle);
        pitch = random.NextDouble(6.2, 6.6);
        phaseU = random.NextDouble(0, 2);
        phaseV = random.NextDouble(0, 2);
        gradientX = random.NextDouble(-0.1, 0.1);
        gradientY = random.NextDouble(-0.1, 0.1);
        noise = new ValueNoise(random.Next());
    }

    private SyntheticWeave(SyntheticWeave whole, Gap gap)
    {
        (cos, sin, pitch, phaseU, phaseV) = (whole.cos, whole.sin, whole.pitch, whole.phaseU, whole.phaseV);
        (gradientX, gradientY, noise) = (whole.gradientX, whole.gradientY, whole.noise);
        this.gap = gap;
    }

    /// <inheritdoc/>
    public override double Camouflage => 1.4;

    /// <inheritdoc/>
    public override bool IsProduct(double x, double y) => true;

    /// <inheritdoc/>
    public override (double X, double Y) RandomPoint(ref SplitMix64 random) => (random.NextDouble(12, 52), random.NextDouble(12, 52));

    /// <inheritdoc/>
    public override SyntheticSurface WithMissing(ref SplitMix64 random, double contrast)
    {
        var (x, y) = RandomPoint(ref random);
        var (u, v) = ThreadCoordinates(x, y);
        bool warp = random.NextDouble() < 0.5;
        int thread = (int)Math.Floor(warp ? u : v);
        double middle = warp ? v : u;
        double half = random.NextDouble(1.5, 2.7);
        int threads = 1 + random.NextInt(2);

        // A thinned thread is the faint form of a missing one.
        double width = contrast > 0.8 ? 0 : 0.4 * (1 - contrast);
        return new SyntheticWeave(this, new Gap(warp, thread, thread + threads - 1, middle - half, middle + half, width));
    }

    /// <inheritdoc/>
    public override SurfaceColor ColorAt(double x, double y)
    {
        var (u, v) = ThreadCoordinates(x, y);
        int i = (int)Math.Floor(u);
        int j = (int)Math.Floor(v);
        double a = u - i - 0.5;
        double b = v - j - 0.5;
        bool warpOnTop = ((i + j) & 1) == 0;
        var warp = Thread(Warp, true, i, v, a, b, warpOnTop);
        var weft = Thread(Weft, false, j, u, b, a, !warpOnTop);
        var color = (warpOnTop ? warp ?? weft : weft ?? warp) ?? Backing;
        double light = 1 + (gradientX * ((x / 32) - 1)) + (gradientY * ((y / 32) - 1));
        return color * light;
    }

    /// <summary>Colour of a thread at a position in its cell, or null outside of it.</summary>
    /// <param name="color">Colour of the yarn.</param>
    /// <param name="warp">Whether it is a warp thread.</param>
    /// <param name="index">Number of the thread.</param>
    /// <param name="position">Position along the thread, in cells.</param>
    /// <param name="across">Distance from its middle, -0.5..0.5.</param>
    /// <param name="along">Distance from the middle of the crossing, -0.5..0.5.</param>
    /// <param name="onTop">Whether it passes over the other thread here.</param>
    private SurfaceColor? Thread(SurfaceColor color, bool warp, int index, double position, double across, double along, bool onTop)
    {
        int axis = warp ? 0 : 1;
        double width = 0.88 + (0.04 * noise.At(index, axis));
        if (gap is { } hole && hole.Warp == warp && index >= hole.First && index <= hole.Last && position > hole.From && position < hole.To)
            width *= hole.Width;
        double side = 2 * across / Math.Max(width, 1e-9);
        if (Math.Abs(side) > 1)
            return null;

        // Round in section, bent down towards the neighbours it passes under, and twisted from two strands.
        double section = 1 - (0.42 * side * side);
        double bend = onTop ? 1 - (1.1 * along * along) : 0.66;
        double twist = 1 + (0.06 * PortableMath.Sin(2 * Math.PI * ((2 * position) + (0.5 * side))));
        double tone = 1 + (0.05 * noise.At(index, axis + 2)) + (0.05 * noise.Smooth(position * 0.7, (index * 7) + axis));
        return color * (section * bend * twist * tone);
    }

    private (double U, double V) ThreadCoordinates(double x, double y)
    {
        double dx = x - 32;
        double dy = y - 32;
        return ((((cos * dx) + (sin * dy)) / pitch) + phaseU, (((cos * dy) - (sin * dx)) / pitch) + phaseV);
    }

    /// <summary>Threads First..Last of one direction, absent or thin between From and To.</summary>
    private readonly record struct Gap(bool Warp, int First, int Last, double From, double To, double Width);
}
