using System.Numerics;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>The manual's "Rounding Modifiers".</summary>
internal enum Rounding
{
    /// <summary>.rn, to nearest even</summary>
    Nearest,

    /// <summary>.rz, towards zero</summary>
    Zero,

    /// <summary>.rm, towards −∞</summary>
    Down,

    /// <summary>.rp, towards +∞</summary>
    Up,
}

/// <summary>Single and half precision with a given rounding: the nearest number, moved by one where the exact result lies on the other side.</summary>
internal static class Directed
{
    public static float Add(float a, float b, Rounding rounding) => Sum(a, b, rounding);

    // The product has at most 48 bits: exact in a double.
    public static float Multiply(float a, float b, Rounding rounding) => Of<float>((double)a * b, 0, rounding);

    public static float MultiplyAdd(float a, float b, float c, Rounding rounding) => Sum((double)a * b, c, rounding);

    public static float Divide(float a, float b, Rounding rounding)
    {
        float quotient = a / b;
        if (float.IsNaN(quotient) || b == 0 || float.IsInfinity(a) || float.IsInfinity(b)) return quotient;
        if (float.IsInfinity(quotient)) return Move(quotient, -quotient, rounding);
        // The remainder of a quotient that is rounded to nearest is exact.
        double remainder = Math.FusedMultiplyAdd(-(double)quotient, b, a);
        return Move(quotient, b > 0 ? remainder : -remainder, rounding);
    }

    public static float SquareRoot(float a, Rounding rounding)
    {
        float root = MathF.Sqrt(a);
        return float.IsFinite(root) ? Move(root, Math.FusedMultiplyAdd(-(double)root, root, a), rounding) : root;
    }

    /// <summary>A double, and a rest far below its last bit, as a float or a half.</summary>
    public static T Of<T>(double value, double rest, Rounding rounding)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (!double.IsFinite(value)) return T.CreateTruncating(value);
        if (rounding == Rounding.Nearest) return T.CreateTruncating(rest == 0 ? value : ToOdd(value, rest));
        T nearest = T.CreateTruncating(value);
        double beyond = value - double.CreateTruncating(nearest);
        return Move(nearest, beyond == 0 ? rest : beyond, rounding);
    }

    // Knuth's sum: s + e = a + b exactly.
    private static float Sum(double a, double b, Rounding rounding)
    {
        double s = a + b, of = s - a, e = (a - (s - of)) + (b - of);
        if (s == 0 && e == 0 && rounding == Rounding.Down && double.IsNegative(a) != double.IsNegative(b)) return -0f;
        return Of<float>(s, e, rounding);
    }

    // Rounded to odd, a double tells the rounding to fewer bits all that it must know.
    public static double ToOdd(double value, double rest)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        return (bits & 1) != 0 ? value : BitConverter.Int64BitsToDouble(rest > 0 == value > 0 ? bits + 1 : bits - 1);
    }

    private static T Move<T>(T nearest, double beyond, Rounding rounding)
        where T : IBinaryFloatingPointIeee754<T> => rounding switch
        {
            Rounding.Down or Rounding.Zero when beyond < 0 && (rounding == Rounding.Down || nearest > T.Zero) => T.BitDecrement(nearest),
            Rounding.Up or Rounding.Zero when beyond > 0 && (rounding == Rounding.Up || nearest < T.Zero) => T.BitIncrement(nearest),
            _ => nearest,
        };
}
