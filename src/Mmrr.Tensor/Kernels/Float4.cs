using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mmrr.Kernels;

/// <summary>
/// Four neighbouring floats: the 16 bytes of one load or store of a GPU thread. A view of floats is cast to it if its length and offset are multiples of
/// four.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Float4 : IFloats<Float4>
{
    public float X;
    public float Y;
    public float Z;
    public float W;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Of(float value)
    {
        Float4 four;
        four.X = value;
        four.Y = value;
        four.Z = value;
        four.W = value;
        return four;
    }

    /// <summary>(x + y) + (z + w).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Float4 four) => four.X + four.Y + (four.Z + four.W);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float4 Plus(Float4 other) => Add(this, other);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Of(float x, float y, float z, float w)
    {
        Float4 quad;
        quad.X = x;
        quad.Y = y;
        quad.Z = z;
        quad.W = w;
        return quad;
    }

    /// <summary>Element <paramref name="n"/>, a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float At(Float4 quad, int n) => n == 0 ? quad.X : n == 1 ? quad.Y : n == 2 ? quad.Z : quad.W;

    /// <summary>The quad with element <paramref name="n"/>, a constant, replaced.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 With(Float4 quad, int n, float value)
    {
        if (n == 0) quad.X = value;
        if (n == 1) quad.Y = value;
        if (n == 2) quad.Z = value;
        if (n == 3) quad.W = value;
        return quad;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Add(Float4 a, Float4 b)
    {
        a.X += b.X;
        a.Y += b.Y;
        a.Z += b.Z;
        a.W += b.W;
        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Subtract(Float4 a, Float4 b)
    {
        a.X -= b.X;
        a.Y -= b.Y;
        a.Z -= b.Z;
        a.W -= b.W;
        return a;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Multiply(Float4 a, Float4 b)
    {
        a.X *= b.X;
        a.Y *= b.Y;
        a.Z *= b.Z;
        a.W *= b.W;
        return a;
    }

    /// <summary>sum + a·b for each of the four; the assembler fuses the two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 MultiplyAdd(Float4 sum, float a, Float4 b)
    {
        sum.X += a * b.X;
        sum.Y += a * b.Y;
        sum.Z += a * b.Z;
        sum.W += a * b.W;
        return sum;
    }
}

/// <summary>One float, for loops that use <see cref="Float4"/> where there are quads and this type otherwise.</summary>
internal struct Float1 : IFloats<Float1>
{
    public float X;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Float1 Plus(Float1 other)
    {
        other.X += X;
        return other;
    }
}

/// <summary>Floats that are moved and added together.</summary>
internal interface IFloats<TSelf>
{
    TSelf Plus(TSelf other);
}
