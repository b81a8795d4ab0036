namespace Mmrr.Training.Data;

/// <summary>Random numbers fixed by position: white noise per integer point, or smooth over the plane.</summary>
internal readonly struct ValueNoise(ulong seed)
{
    /// <summary>Uniform in [-1, 1), fixed for every pair of integers.</summary>
    public double At(int x, int y) => (2 * new SplitMix64((long)seed, x, y).NextDouble()) - 1;

    /// <summary>Smooth in [-1, 1): the values at the neighbouring integers, interpolated.</summary>
    public double Smooth(double x, double y)
    {
        int left = (int)Math.Floor(x);
        int top = (int)Math.Floor(y);
        double u = SmoothStep(0, 1, x - left);
        double v = SmoothStep(0, 1, y - top);
        double upper = ((1 - u) * At(left, top)) + (u * At(left + 1, top));
        double lower = ((1 - u) * At(left, top + 1)) + (u * At(left + 1, top + 1));
        return ((1 - v) * upper) + (v * lower);
    }

    /// <summary>0 up to the low edge, 1 from the high edge on, a smooth cubic between.</summary>
    public static double SmoothStep(double low, double high, double x)
    {
        double t = Math.Clamp((x - low) / (high - low), 0, 1);
        return t * t * (3 - (2 * t));
    }
}
