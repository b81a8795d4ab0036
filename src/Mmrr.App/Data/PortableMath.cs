namespace Mmrr.App.Data;

/// <summary>
/// Sine and cosine from additions and multiplications only, hence the same bits everywhere;
/// <see cref="Math.Sin"/> calls the platform's C library, which differs in the last place.
/// </summary>
internal static class PortableMath
{
    /// <summary>Sine of an angle in radians; error below 1e-12 for |x| up to 1000.</summary>
    public static double Sin(double x)
    {
        x -= 2 * Math.PI * Math.Floor((x / (2 * Math.PI)) + 0.5);
        if (Math.Abs(x) > Math.PI / 2)
            x = (x > 0 ? Math.PI : -Math.PI) - x;

        // Taylor series about 0; the first term left out is below 1e-13 at π/2.
        double square = x * x;
        double sum = 0;
        for (int n = 17; n > 1; n -= 2)
            sum = (1 + sum) * -square / (n * (n - 1));
        return x + (x * sum);
    }

    /// <summary>Cosine of an angle in radians; error below 1e-12 for |x| up to 1000.</summary>
    public static double Cos(double x) => Sin(x + (Math.PI / 2));
}
