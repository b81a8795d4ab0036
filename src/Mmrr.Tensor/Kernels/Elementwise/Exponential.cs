using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// exp, the logistic sigmoid and tanh in float32, for vectors (cpu) and for scalars in SIMT kernels, with the same steps. exp(x) = 2ⁿ·exp(r) with
/// n = round(x·log₂e) and r = x − n·ln 2, ln 2 in two parts of which the first has nine bits, so that n·ln 2 is exact, fused or not (Cody, Waite);
/// exp(r) = 1 + r + r²·p(r), p of degree 5; 2ⁿ in two factors, so that subnormal results are correct too. Coefficients of p and of tanh's odd polynomial:
/// Moshier, Cephes library, expf.c and tanhf.c. Largest errors against float64, in both forms, over the whole range: exp 1 ulp, sigmoid 2.4 ulp, tanh 1.4
/// ulp. exp is 0 below −104 and +∞ above 88.73, as float32 rounds; sigmoid is exactly 0 below −104 and 1 above 17.33; tanh is odd, and exactly ±1 beyond
/// ±9.1. NaN gives NaN, ±∞ the limits.
/// </summary>
public static class Exponential
{
    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Outside these limits the result is +∞ or 0; between them n fits an exponent split in two.
    private const float Largest = 89f;
    private const float Smallest = -104.5f;

    private const float Rounder = 12582912f;
    private const int RounderBits = 0x4B400000;

    private const float P0 = 1.9875691500e-4f;
    private const float P1 = 1.3981999507e-3f;
    private const float P2 = 8.3334519073e-3f;
    private const float P3 = 4.1665795894e-2f;
    private const float P4 = 1.6666665459e-1f;
    private const float P5 = 5.0000001201e-1f;

    // Up to this limit tanh is an odd polynomial; 1 − 2/(e²ˣ + 1) would cancel.
    private const float TanhPolynomial = 0.625f;
    private const float T0 = -5.70498872745e-3f;
    private const float T1 = 2.06390887954e-2f;
    private const float T2 = -5.37397155531e-2f;
    private const float T3 = 1.33314422036e-1f;
    private const float T4 = -3.33332819422e-1f;

    /// <summary>eˣ in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // The argument comes second: the native minimum and maximum return it when it is NaN.
        x = Vector512.MaxNative(Vector512.Create(Smallest), Vector512.MinNative(Vector512.Create(Largest), x));
        var n = Vector512.Round(x * Log2E);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(P0), r, Vector512.Create(P1));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(P2));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(P3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(P4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(P5));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512<float>.One;
        var exponent = Vector512.ConvertToInt32Native(n);
        var half = Vector512.ShiftRightArithmetic(exponent, 1);
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>1/(1 + e⁻ˣ) in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        // sigmoid(−|x|) and its complement: nothing overflows, small results keep their relative accuracy, and large ones are 1 only where the nearest
        // float is 1.
        var e = Exp(-Vector512.Abs(x));
        var tail = e / (Vector512<float>.One + e);
        return Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), tail, Vector512<float>.One - tail);
    }

    /// <summary>tanh x in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x)
    {
        var magnitude = Vector512.Abs(x);
        var square = x * x;
        var t = Vector512.FusedMultiplyAdd(Vector512.Create(T0), square, Vector512.Create(T1));
        t = Vector512.FusedMultiplyAdd(t, square, Vector512.Create(T2));
        t = Vector512.FusedMultiplyAdd(t, square, Vector512.Create(T3));
        t = Vector512.FusedMultiplyAdd(t, square, Vector512.Create(T4));
        var near = Vector512.FusedMultiplyAdd(t * square, x, x);
        var far = Vector512<float>.One - (Vector512.Create(2f) / (Exp(magnitude + magnitude) + Vector512<float>.One));
        return Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(TanhPolynomial)), near, Vector512.CopySign(far, x));
    }

    /// <summary>eˣ, in a SIMT kernel.</summary>
    public static float Exp(float x)
    {
        x = x > Largest ? Largest : x;
        x = x < Smallest ? Smallest : x;
        // Conversions between integers and floats run at an eighth of the speed of additions: instead the sum with 1.5·2²³ is rounded to an integer, its
        // lowest bits.
        float shifted = (x * Log2E) + Rounder;
        int exponent = (int)Interop.FloatAsInt(shifted) - RounderBits;
        float n = shifted - Rounder;
        float r = x - (n * Ln2High);
        r -= n * Ln2Low;
        float p = (P0 * r) + P1;
        p = (p * r) + P2;
        p = (p * r) + P3;
        p = (p * r) + P4;
        p = (p * r) + P5;
        p = (p * (r * r)) + r + 1f;
        int half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>1/(1 + e⁻ˣ), in a SIMT kernel.</summary>
    public static float Sigmoid(float x)
    {
        float e = Exp(x < 0f ? x : -x);
        float tail = e / (1f + e);
        return x < 0f ? tail : 1f - tail;
    }

    /// <summary>tanh x, in a SIMT kernel.</summary>
    public static float Tanh(float x)
    {
        float magnitude = x < 0f ? -x : x;
        if (magnitude < TanhPolynomial)
        {
            float square = x * x;
            float t = (T0 * square) + T1;
            t = (t * square) + T2;
            t = (t * square) + T3;
            t = (t * square) + T4;
            return (t * square * x) + x;
        }
        float far = 1f - (2f / (Exp(magnitude + magnitude) + 1f));
        return x < 0f ? -far : far;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> exponent) => Vector512.ShiftLeft(exponent + Vector512.Create(127), 23).AsSingle();

    private static float PowerOfTwo(int exponent) => Interop.IntAsFloat((uint)((exponent + 127) << 23));
}
