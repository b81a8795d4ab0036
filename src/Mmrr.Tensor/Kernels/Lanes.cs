using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>The ends of arrays whose length is not a multiple of a vector: loads and stores of the first lanes of a vector.</summary>
internal static unsafe class Lanes
{
    /// <summary>Floats per vector.</summary>
    public const int Width = 16;

    /// <summary>The unit of elementwise work of a worker, in floats: a multiple of <see cref="Width"/> that takes a few µs.</summary>
    public const int Grain = 4096;

    /// <summary>Loads the first <paramref name="count"/> (0 to 15) lanes, the others zero.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector512<float> Load(float* source, int count)
    {
        var lanes = Vector512<float>.Zero;
        for (int i = 0; i < count; i++) ((float*)&lanes)[i] = source[i];
        return lanes;
    }

    /// <summary>Stores the first <paramref name="count"/> (0 to 15) lanes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Store(Vector512<float> lanes, float* target, int count)
    {
        for (int i = 0; i < count; i++) target[i] = ((float*)&lanes)[i];
    }

    /// <summary>A mask of the first <paramref name="count"/> lanes, of all from 16 on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    /// <summary>Loads a vector, or the first <paramref name="count"/> lanes where fewer are left, the others zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadUpTo(float* source, int count) => count >= Width ? Vector512.Load(source) : Load(source, count);

    /// <summary>Stores a vector, or its first <paramref name="count"/> lanes where fewer are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreUpTo(Vector512<float> lanes, float* target, int count)
    {
        if (count >= Width) lanes.Store(target);
        else Store(lanes, target, count);
    }

    /// <summary>
    /// Copies <paramref name="count"/> floats; for rows of about ten to a few hundred, where a call of memmove would cost more than the copy.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(float* source, float* target, int count)
    {
        int i = 0;
        for (; i <= count - Width; i += Width) Vector512.Load(source + i).Store(target + i);
        for (; i < count; i++) target[i] = source[i];
    }
}
