namespace Mmrr.Training.Data;

/// <summary>A colour of the synthetic scenes; 0 is black and 1 is white; values outside are clamped when stored.</summary>
internal readonly record struct SurfaceColor(double R, double G, double B)
{
    /// <summary>Sum by channel.</summary>
    public static SurfaceColor operator +(SurfaceColor a, SurfaceColor b) => new(a.R + b.R, a.G + b.G, a.B + b.B);

    /// <summary>Product by channel.</summary>
    public static SurfaceColor operator *(SurfaceColor a, SurfaceColor b) => new(a.R * b.R, a.G * b.G, a.B * b.B);

    /// <summary>Scales all channels.</summary>
    public static SurfaceColor operator *(SurfaceColor a, double factor) => new(a.R * factor, a.G * factor, a.B * factor);

    /// <summary>The colour at fraction t of the way from a to b.</summary>
    public static SurfaceColor Lerp(SurfaceColor a, SurfaceColor b, double t) => (a * (1 - t)) + (b * t);

    /// <summary>Largest absolute difference of a channel, after clamping as when stored.</summary>
    public static double Distance(SurfaceColor a, SurfaceColor b) => Math.Max(Difference(a.R, b.R), Math.Max(Difference(a.G, b.G), Difference(a.B, b.B)));

    private static double Difference(double a, double b) => Math.Abs(Math.Clamp(a, 0, 1) - Math.Clamp(b, 0, 1));
}
