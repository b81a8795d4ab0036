using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>From 4 bytes to 8.</summary>
internal interface IWidening
{
    static abstract Vector512<ulong> Lower(Vector512<uint> x);

    static abstract Vector512<ulong> Upper(Vector512<uint> x);
}

/// <summary>With the sign.</summary>
internal struct SignedWidening : IWidening
{
    public static Vector512<ulong> Lower(Vector512<uint> x) => Vector512.WidenLower(x.AsInt32()).AsUInt64();

    public static Vector512<ulong> Upper(Vector512<uint> x) => Vector512.WidenUpper(x.AsInt32()).AsUInt64();
}

/// <summary>With zeros.</summary>
internal struct UnsignedWidening : IWidening
{
    public static Vector512<ulong> Lower(Vector512<uint> x) => Vector512.WidenLower(x);

    public static Vector512<ulong> Upper(Vector512<uint> x) => Vector512.WidenUpper(x);
}

/// <summary>Instructions on vectors between registers of 4 and of 8 bytes a lane, shifts by a constant, and integers that an address is made of.</summary>
internal static unsafe class WideHandlers
{
    /// <summary>D = A · B, twice as wide.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Multiply<TWidening>(Warp warp, Instruction* i)
        where TWidening : struct, IWidening
    {
        Vector512<ulong>* d = Lanes.Of<ulong>(warp, i->D);
        Vector512<uint>* a = Lanes.Of<uint>(warp, i->A), b = Lanes.Of<uint>(warp, i->B);
        uint mask = warp.Mask;
        Vector512<uint> first = a[0], last = a[1], other = b[0], otherLast = b[1];
        // The lower 64 bits of a product are the same with signs and without.
        Store(mask, d, 0, TWidening.Lower(first) * TWidening.Lower(other), TWidening.Upper(first) * TWidening.Upper(other));
        Store(mask, d, 2, TWidening.Lower(last) * TWidening.Lower(otherLast), TWidening.Upper(last) * TWidening.Upper(otherLast));
        return i + 1;
    }

    /// <summary>Extends 4 bytes to 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Widen<TWidening>(Warp warp, Instruction* i)
        where TWidening : struct, IWidening
    {
        Vector512<ulong>* d = Lanes.Of<ulong>(warp, i->D);
        Vector512<uint>* a = Lanes.Of<uint>(warp, i->A);
        Vector512<uint> first = a[0], last = a[1];
        Store(warp.Mask, d, 0, TWidening.Lower(first), TWidening.Upper(first));
        Store(warp.Mask, d, 2, TWidening.Lower(last), TWidening.Upper(last));
        return i + 1;
    }

    /// <summary>The lower 4 of 8 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Narrow(Warp warp, Instruction* i)
    {
        Vector512<uint>* d = Lanes.Of<uint>(warp, i->D);
        Vector512<ulong>* a = Lanes.Of<ulong>(warp, i->A);
        for (int n = 0; n < 2; n++) d[n] = Lanes.Merge(warp.Mask, n, Vector512.Narrow(a[2 * n], a[(2 * n) + 1]), d[n]);
        return i + 1;
    }

    /// <summary>A signed integer as a float, rounded to nearest even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* SingleOfInt32(Warp warp, Instruction* i)
    {
        Vector512<float>* d = Lanes.Of<float>(warp, i->D);
        Vector512<int>* a = Lanes.Of<int>(warp, i->A);
        for (int n = 0; n < 2; n++) d[n] = Lanes.Merge(warp.Mask, n, Vector512.ConvertToSingle(a[n]), d[n]);
        return i + 1;
    }

    /// <summary>Signed 32-bit division, or its remainder with the flag: the quotient of two doubles, cut off, is exact for 31 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* DivideSigned(Warp warp, Instruction* i)
    {
        Vector512<int>* d = Lanes.Of<int>(warp, i->D), a = Lanes.Of<int>(warp, i->A), b = Lanes.Of<int>(warp, i->B);
        for (int n = 0; n < 2; n++)
        {
            var (x, y) = (a[n], b[n]);
            var isZero = Vector512.Equals(y, Vector512<int>.Zero);
            // All bits set where the divisor is zero, as the scalar division gives them.
            var divisor = Vector512.ConditionalSelect(isZero, Vector512<int>.One, y);
            var lower = Quotient(Vector512.WidenLower(x), Vector512.WidenLower(divisor));
            var upper = Quotient(Vector512.WidenUpper(x), Vector512.WidenUpper(divisor));
            var result = Vector512.Narrow(lower, upper);
            if (i->Flag) result = x - (result * divisor);
            d[n] = Lanes.Merge(warp.Mask, n, result | isZero, d[n]);
        }
        return i + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* ShiftLeft<T>(Warp warp, Instruction* i)
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A);
        for (int n = 0; n < Lanes.Parts<T>(); n++) d[n] = Lanes.Merge(warp.Mask, n, a[n] << (int)i->Constant, d[n]);
        return i + 1;
    }

    /// <summary>With the sign if the type has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* ShiftRight<T>(Warp warp, Instruction* i)
    {
        Vector512<T>* d = Lanes.Of<T>(warp, i->D), a = Lanes.Of<T>(warp, i->A);
        for (int n = 0; n < Lanes.Parts<T>(); n++) d[n] = Lanes.Merge(warp.Mask, n, a[n] >> (int)i->Constant, d[n]);
        return i + 1;
    }

    /// <summary>A 32-bit sum, difference (<see cref="Instruction.Flag"/>) or, with three operands, product and sum, of which an address is made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* AddressSum(Warp warp, Instruction* i)
    {
        Vector512<int>* d = Lanes.Of<int>(warp, i->D), a = Lanes.Of<int>(warp, i->A), b = Lanes.Of<int>(warp, i->B);
        uint mask = warp.Mask, overflows = 0;
        for (int n = 0; n < 2; n++)
        {
            Vector512<int> x = a[n], y = i->Flag ? ~b[n] : b[n], sum = i->Flag ? x - b[n] : x + b[n];
            // A sum overflows where both operands have the sign that it has not; so does a difference, with the complement for its second operand.
            overflows |= Lanes.Gather((x ^ sum) & (y ^ sum), n);
            d[n] = Lanes.Merge(mask, n, sum, d[n]);
        }
        if ((overflows & mask) != 0) throw Overflow(warp, i, Warp.First(overflows & mask));
        return i + 1;
    }

    /// <summary>A 32-bit product of which an address is made.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* AddressProduct(Warp warp, Instruction* i)
    {
        Vector512<int>* d = Lanes.Of<int>(warp, i->D), a = Lanes.Of<int>(warp, i->A), b = Lanes.Of<int>(warp, i->B);
        uint mask = warp.Mask, overflows = 0;
        for (int n = 0; n < 2; n++)
        {
            var (x, y) = (a[n], b[n]);
            Vector512<long> lower = Vector512.WidenLower(x) * Vector512.WidenLower(y), upper = Vector512.WidenUpper(x) * Vector512.WidenUpper(y);
            var low = Vector512.Narrow(lower, upper);
            overflows |= (uint)(~Vector512.Equals(lower, Vector512.WidenLower(low))).ExtractMostSignificantBits() << (16 * n);
            overflows |= (uint)(~Vector512.Equals(upper, Vector512.WidenUpper(low))).ExtractMostSignificantBits() << ((16 * n) + 8);
            d[n] = Lanes.Merge(mask, n, low, d[n]);
        }
        if ((overflows & mask) != 0) throw Overflow(warp, i, Warp.First(overflows & mask));
        return i + 1;
    }

    private static PtxFaultException Overflow(Warp warp, Instruction* i, int lane) => warp.Fault(
        PtxFaultKind.AddressOverflow, i, lane,
        $"a 32-bit integer of which an address is made overflows: the result is {(int)Lanes.Read(warp, i->D, 4, lane)}");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Quotient(Vector512<long> x, Vector512<long> y) =>
        Vector512.ConvertToInt64(Vector512.ConvertToDouble(x) / Vector512.ConvertToDouble(y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(uint mask, Vector512<T>* d, int n, Vector512<T> lower, Vector512<T> upper)
    {
        d[n] = Lanes.Merge(mask, n, lower, d[n]);
        d[n + 1] = Lanes.Merge(mask, n + 1, upper, d[n + 1]);
    }
}
