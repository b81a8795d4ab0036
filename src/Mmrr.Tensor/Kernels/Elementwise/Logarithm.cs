using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The natural logarithm in float32, for vectors (cpu) and for scalars in SIMT kernels, with the same steps. x = 2ⁿ·m with m from √½ to √2, of the bits of x;
/// ln x = n·ln 2 + ln m, ln 2 in two parts of which the first has nine bits, so that n times it is exact; with z = m − 1, which is exact,
/// ln m = z − z²/2 + z³·p(z), p of degree 8. Coefficients: Moshier, Cephes library, logf.c. Largest error against float64 over the whole range, subnormal
/// arguments included, fused or not: 0.7 ulp, relative near 1 too. 0 gives −∞, less gives NaN; NaN gives NaN, +∞ itself.
/// </summary>
public static class Logarithm
{
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // √½: bits above these belong to the next power of two.
    private const int Lowest = 0x3F3504F3;
    private const int Mantissa = 0x7FFFFF;

    // Subnormal arguments are multiplied by 2²³.
    private const float SmallestNormal = 1.17549435e-38f;
    private const float Lift = 8388608f;
    private const float LiftExponent = 23f;

    private const float Rounder = 12582912f;
    private const int RounderBits = 0x4B400000;

    private const float P0 = 7.0376836292e-2f;
    private const float P1 = -1.1514610310e-1f;
    private const float P2 = 1.1676998740e-1f;
    private const float P3 = -1.2420140846e-1f;
    private const float P4 = 1.4249322787e-1f;
    private const float P5 = -1.6668057665e-1f;
    private const float P6 = 2.0000714765e-1f;
    private const float P7 = -2.4999993993e-1f;
    private const float P8 = 3.3333331174e-1f;

    /// <summary>ln x in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        var small = Vector512.LessThan(x, Vector512.Create(SmallestNormal));
        var bits = Vector512.ConditionalSelect(small, x * Lift, x).AsInt32() - Vector512.Create(Lowest);
        var m = ((bits & Vector512.Create(Mantissa)) + Vector512.Create(Lowest)).AsSingle();
        var n = Vector512.ConvertToSingle(Vector512.ShiftRightArithmetic(bits, 23)) - (small & Vector512.Create(LiftExponent));
        Vector512<float> z = m - Vector512<float>.One, square = z * z;
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(P0), z, Vector512.Create(P1));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P2));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P3));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P4));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P5));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P6));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P7));
        p = Vector512.FusedMultiplyAdd(p, z, Vector512.Create(P8));
        p = Vector512.FusedMultiplyAdd(n, Vector512.Create(Ln2Low), p * z * square);
        p = Vector512.FusedMultiplyAdd(square, Vector512.Create(-0.5f), p);
        var log = Vector512.FusedMultiplyAdd(n, Vector512.Create(Ln2High), z + p);
        log = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512.Create(float.PositiveInfinity)), log, x);
        log = Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), Vector512.Create(float.NaN), log);
        return Vector512.ConditionalSelect(Vector512.Equals(x, Vector512<float>.Zero), Vector512.Create(float.NegativeInfinity), log);
    }

    /// <summary>ln x, in a SIMT kernel.</summary>
    public static float Log(float x)
    {
        float lifted = x < SmallestNormal ? x * Lift : x;
        int bits = (int)Interop.FloatAsInt(lifted) - Lowest;
        float m = Interop.IntAsFloat((uint)((bits & Mantissa) + Lowest));
        // n as a float without a conversion, which runs at an eighth of the speed of additions: the lowest bits of 1.5·2²³.
        float n = Interop.IntAsFloat((uint)(RounderBits + (bits >> 23))) - Rounder;
        n = x < SmallestNormal ? n - LiftExponent : n;
        float z = m - 1f, square = z * z;
        float p = (P0 * z) + P1;
        p = (p * z) + P2;
        p = (p * z) + P3;
        p = (p * z) + P4;
        p = (p * z) + P5;
        p = (p * z) + P6;
        p = (p * z) + P7;
        p = (p * z) + P8;
        p = (p * z * square) + (n * Ln2Low);
        p -= 0.5f * square;
        float log = z + p + (n * Ln2High);
        log = x < float.PositiveInfinity ? log : x;
        log = x < 0f ? float.NaN : log;
        return x == 0f ? float.NegativeInfinity : log;
    }
}
