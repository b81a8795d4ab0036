using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Ptx.Machine.Execution;

/// <summary>A register's 32 lanes as vectors: two of 16 elements of 4 bytes, four of 8 elements of 8 bytes.</summary>
internal static unsafe class Lanes
{
    /// <summary>The vectors of a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Parts<T>() => Unsafe.SizeOf<T>() / 2;

    /// <summary>A vector whose elements are all bits for the lanes of a mask.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Spread<T>(uint mask, int part)
    {
        if (Unsafe.SizeOf<T>() == 4)
        {
            var bits = Vector512.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
            return Vector512.Equals(Vector512.Create((int)(mask >> (16 * part))) & bits, bits).As<int, T>();
        }
        var wide = Vector512.Create(1L, 2, 4, 8, 16, 32, 64, 128);
        return Vector512.Equals(Vector512.Create((long)(mask >> (8 * part))) & wide, wide).As<long, T>();
    }

    /// <summary>The fresh elements for the lanes of a mask, the old ones elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Merge<T>(uint mask, int part, Vector512<T> fresh, Vector512<T> old) =>
        mask == uint.MaxValue ? fresh : Vector512.ConditionalSelect(Spread<T>(mask, part), fresh, old);

    /// <summary>The lanes whose elements have their highest bit set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Gather<T>(Vector512<T> flags, int part) =>
        (uint)flags.ExtractMostSignificantBits() << ((Unsafe.SizeOf<T>() == 4 ? 16 : 8) * part);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T>* Of<T>(Warp warp, int at) => (Vector512<T>*)(warp.Registers + at);

    /// <summary>The lanes for which a predicate holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Predicate(Warp warp, int at) => *(uint*)(warp.Registers + at);

    /// <summary>Sets a predicate for the active lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetPredicate(Warp warp, int at, uint lanes)
    {
        uint* predicate = (uint*)(warp.Registers + at);
        *predicate = (*predicate & ~warp.Mask) | (lanes & warp.Mask);
    }

    /// <summary>A lane's bits of a register with 4 or 8 bytes a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(Warp warp, int at, int size, int lane) =>
        size == 4 ? ((uint*)(warp.Registers + at))[lane] : ((ulong*)(warp.Registers + at))[lane];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(Warp warp, int at, int size, int lane, ulong bits)
    {
        if (size == 4) ((uint*)(warp.Registers + at))[lane] = (uint)bits;
        else ((ulong*)(warp.Registers + at))[lane] = bits;
    }
}
