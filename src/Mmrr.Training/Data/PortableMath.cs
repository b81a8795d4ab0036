namespace Mmrr.Training.Data;

/// <summary>
/// Functions that use only additions, multiplications and divisions, so results are bit-identical on every platform; <see cref="Math.Sin"/> and similar
/// functions call the platform's C library, which differs in the last place.
/// </summary>
internal static class PortableMath
{
    private const double Ln2 = 0.6931471805599453;

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

    /// <summary>e^x; relative error below 1e-13 for |x| up to 700.</summary>
    public static double Exp(double x)
    {
        int power = (int)Math.Floor((x / Ln2) + 0.5);
        double rest = x - (power * Ln2);

        // Taylor series about 0; the first term left out is below 1e-17 at ln 2 / 2.
        double sum = 1;
        for (int n = 13; n > 0; n--)
            sum = 1 + (sum * rest / n);
        return Math.ScaleB(sum, power);
    }

    /// <summary>The natural logarithm of a positive normal number; error below 1e-13·(1 + |ln x|).</summary>
    public static double Log(double x)
    {
        int power = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -power);
        if (mantissa > 1.5)
        {
            mantissa /= 2;
            power++;
        }

        // ln m = 2·artanh((m - 1)/(m + 1)), whose argument is at most 1/5 for m from 3/4 to 3/2; the first term left out is below 1e-17.
        double argument = (mantissa - 1) / (mantissa + 1), square = argument * argument;
        double sum = 0;
        for (int n = 23; n > 0; n -= 2)
            sum = (sum * square) + (1.0 / n);
        return (power * Ln2) + (2 * argument * sum);
    }

    /// <summary>x^y for x ≥ 0 and y > 0.</summary>
    public static double Pow(double x, double y) => x < 1e-300 ? 0 : Exp(y * Log(x));
}
