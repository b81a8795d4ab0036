using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The stable softmax of a row, e^(x − m)/Σ e^(x − m) with the row's maximum m: no exponential is above 1 and one is 1, so that nothing overflows and the sum
/// is at least 1. A row with NaN or +∞ gives NaN.
/// </summary>
internal static unsafe class SoftmaxRows
{
    /// <summary>The largest element.</summary>
    public static float Largest(float* x, int length)
    {
        var largest = Vector512.Create(float.NegativeInfinity);
        int c = 0;
        for (; c <= length - Lanes.Width; c += Lanes.Width) largest = Vector512.MaxNative(largest, Vector512.Load(x + c));
        var half = Vector256.MaxNative(largest.GetLower(), largest.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        float result = MathF.Max(MathF.Max(quarter[0], quarter[1]), MathF.Max(quarter[2], quarter[3]));
        for (; c < length; c++) result = MathF.Max(result, x[c]);
        return result;
    }

    /// <summary>Writes e^(x − largest), and returns their sum.</summary>
    public static float Exponentials(float* x, float* output, int length, float largest)
    {
        Vector512<float> sum = default, shift = Vector512.Create(largest);
        int c = 0;
        for (; c <= length - Lanes.Width; c += Lanes.Width)
        {
            var exponential = Exponential.Exp(Vector512.Load(x + c) - shift);
            exponential.Store(output + c);
            sum += exponential;
        }
        if (c < length)
        {
            var exponential = Exponential.Exp(Lanes.Load(x + c, length - c) - shift);
            Lanes.Store(exponential, output + c, length - c);
            sum += Lanes.First(length - c) & exponential;
        }
        return Vector512.Sum(sum);
    }

    /// <summary>Divides by a number, in place.</summary>
    public static void Divide(float* values, int length, float divisor)
    {
        int c = 0;
        for (; c <= length - Lanes.Width; c += Lanes.Width) (Vector512.Load(values + c) / divisor).Store(values + c);
        for (; c < length; c++) values[c] /= divisor;
    }

    /// <summary>The largest of the elements from <paramref name="first"/>, in a SIMT kernel whose group takes the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(ArrayView<GroupReduction.Pair> shared, ArrayView<float> x, int first, int length)
    {
        float largest = float.NegativeInfinity;
        for (int c = Group.IdxX; c < length; c += Group.DimX)
        {
            float value = x[first + c];
            largest = value > largest ? value : largest;
        }
        return GroupReduction.Max(shared, largest, largest).First;
    }

    /// <summary>Writes e^(x − largest), each thread those elements that it also reads, and returns their sum, in a SIMT kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exponentials(
        ArrayView<GroupReduction.Pair> shared, ArrayView<float> x, ArrayView<float> output, int first, int length, float largest)
    {
        float sum = 0;
        for (int c = Group.IdxX; c < length; c += Group.DimX)
        {
            float exponential = Exponential.Exp(x[first + c] - largest);
            output[first + c] = exponential;
            sum += exponential;
        }
        return GroupReduction.Sum(shared, sum);
    }
}
