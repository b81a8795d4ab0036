using System.Numerics;
using System.Runtime.CompilerServices;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Arithmetic;

/// <summary>A fundamental type: its kind, <c>s</c>, <c>u</c>, <c>f</c> or <c>b</c>, and its bits.</summary>
internal readonly record struct PtxType(char Kind, int Bits)
{
    public bool IsFloat => Kind == 'f';

    public bool IsSigned => Kind == 's';

    /// <summary>Bytes of a lane's register: 4 also for fewer.</summary>
    public int RegisterBytes => Bits == 64 ? 8 : 4;

    public static bool TryParse(string word, out PtxType type)
    {
        type = default;
        if (word.Length < 2 || word[0] is not ('s' or 'u' or 'f' or 'b') || !int.TryParse(word.AsSpan(1), out int bits) || bits is not (8 or 16 or 32 or 64))
            return false;
        type = new PtxType(word[0], bits);
        return true;
    }
}

/// <summary>"cvt" of the manual, for all pairs of integers of 8 to 64 bits and floats of 16 to 64.</summary>
internal sealed record Conversion(PtxType To, PtxType From, Rounding Rounding, bool ToInteger, bool Saturates, bool Flushes)
{
    /// <summary>Converts a lane's bits.</summary>
    public ulong Of(ulong bits)
    {
        if (From.IsFloat) return To.IsFloat ? FloatOf(Read(bits)) : IntegerOf(Read(bits));
        var value = From.IsSigned ? (Int128)Extend(bits, From.Bits) : (Int128)(From.Bits == 64 ? bits : bits & ((1UL << From.Bits) - 1));
        if (To.IsFloat) return FloatOf(value);
        if (Saturates) value = Int128.Clamp(value, Lowest, Highest);
        return Fit(value);
    }

    private Int128 Lowest => To.IsSigned ? -(Int128.One << (To.Bits - 1)) : 0;

    private Int128 Highest => (Int128.One << (To.IsSigned ? To.Bits - 1 : To.Bits)) - 1;

    // A register wider than the type is filled with the sign or with zeros.
    private ulong Fit(Int128 value)
    {
        ulong low = (ulong)value;
        if (To.Bits == 64) return low;
        return To.IsSigned ? (ulong)Extend(low, To.Bits) : low & ((1UL << To.Bits) - 1);
    }

    private static long Extend(ulong bits, int width) => (long)(bits << (64 - width)) >> (64 - width);

    private double Read(ulong bits)
    {
        double value = From.Bits switch
        {
            16 => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            32 => BitConverter.UInt32BitsToSingle((uint)bits),
            _ => BitConverter.UInt64BitsToDouble(bits),
        };
        return Flushes && From.Bits == 32 && Math.Abs(value) < 1.17549435E-38f ? Math.CopySign(0, value) : value;
    }

    // What is no number becomes 0, what the type cannot hold the nearest that it can.
    private ulong IntegerOf(double value)
    {
        if (double.IsNaN(value)) return 0;
        double whole = Whole(value);
        if (whole <= (double)Lowest) return Fit(Lowest);
        return whole >= (double)Highest ? Fit(Highest) : Fit((Int128)whole);
    }

    private double Whole(double value) => Rounding switch
    {
        Rounding.Nearest => Math.Round(value, MidpointRounding.ToEven),
        Rounding.Zero => Math.Truncate(value),
        Rounding.Down => Math.Floor(value),
        _ => Math.Ceiling(value),
    };

    private ulong FloatOf(Int128 value)
    {
        // A double of 53 bits and the rest, which its rounding dropped.
        double nearest = (double)value;
        double rest = (double)(value - (Int128)nearest);
        if (To.Bits == 64)
        {
            double moved = Rounding switch
            {
                Rounding.Down or Rounding.Zero when rest < 0 && (Rounding == Rounding.Down || nearest > 0) => Math.BitDecrement(nearest),
                Rounding.Up or Rounding.Zero when rest > 0 && (Rounding == Rounding.Up || nearest < 0) => Math.BitIncrement(nearest),
                _ => nearest,
            };
            return BitConverter.DoubleToUInt64Bits(moved);
        }
        if (To.Bits == 16) return BitConverter.HalfToUInt16Bits(Directed.Of<Half>(nearest, rest, Rounding));
        return BitConverter.SingleToUInt32Bits(Directed.Of<float>(nearest, rest, Rounding));
    }

    private ulong FloatOf(double value)
    {
        if (ToInteger) value = Whole(value);
        if (Saturates) value = value > 0 ? Math.Min(value, 1) : 0;
        switch (To.Bits)
        {
            case 64:
                return BitConverter.DoubleToUInt64Bits(value);
            case 16:
                return double.IsNaN(value) ? (ulong)0x7FFF : BitConverter.HalfToUInt16Bits(Directed.Of<Half>(value, 0, Rounding));
        }
        if (double.IsNaN(value)) return 0x7FFFFFFF;
        float single = Directed.Of<float>(value, 0, Rounding);
        if (Flushes && float.IsSubnormal(single)) single = float.CopySign(0, single);
        return BitConverter.SingleToUInt32Bits(single);
    }
}

/// <summary>Runs a <see cref="Conversion"/> of the program's on the active lanes.</summary>
internal static unsafe class ConversionHandlers
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Instruction* Run(Warp warp, Instruction* i)
    {
        var conversion = warp.Launch.Program.Conversions[(int)i->Constant];
        for (uint mask = warp.Mask; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            Lanes.Write(warp, i->D, i->SizeD, lane, conversion(Lanes.Read(warp, i->A, i->SizeA, lane)));
        }
        return i + 1;
    }
}
