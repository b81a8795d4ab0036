using Mmrr.Ptx.Machine.Access;
using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes moves and conversions.</summary>
internal static unsafe class MoveDecoding
{
    public static void Move(Emission e, ref Instruction i)
    {
        if (e.Has("pred"))
        {
            i.Run = &VectorHandlers.Predicates;
            (i.D, i.A, i.C) = (e.Result(), e.Predicate(1), e[1].IsNegated ? 1 : 0);
            return;
        }
        int bytes = e.Type.RegisterBytes;
        if (e[0].Kind == ArgumentKind.List || e[1].Kind == ArgumentKind.List)
        {
            Pack(e, ref i);
            return;
        }
        i.Run = bytes == 8 ? &VectorHandlers.Unary<ulong, Integers.Copy<ulong>> : &VectorHandlers.Unary<uint, Integers.Copy<uint>>;
        (i.D, i.A) = (e.Result(), e.Source(1, bytes, e.Type.IsFloat));
    }

    public static void Convert(Emission e, ref Instruction i)
    {
        string[] words = e.Operation.Words;
        if (!PtxType.TryParse(words[^2], out var to)) throw e.Unknown();
        var from = e.Type;
        (i.D, i.A) = (e.Result(), e.Source(1, from.RegisterBytes, from.IsFloat));
        (i.SizeD, i.SizeA) = ((byte)to.RegisterBytes, (byte)from.RegisterBytes);
        bool isPlain = !e.Has("sat") && !e.Has("ftz");
        if (isPlain && !from.IsFloat && !to.IsFloat && (from.Bits, to.Bits) == (32, 64))
        {
            i.Run = from.IsSigned ? &WideHandlers.Widen<SignedWidening> : &WideHandlers.Widen<UnsignedWidening>;
        }
        else if (isPlain && !from.IsFloat && !to.IsFloat && (from.Bits, to.Bits) == (64, 32))
        {
            i.Run = &WideHandlers.Narrow;
        }
        else if (isPlain && words[1] == "rn" && from == new PtxType('s', 32) && to == new PtxType('f', 32))
        {
            i.Run = &WideHandlers.SingleOfInt32;
        }
        else
        {
            bool toInteger = words.Any(word => word is "rni" or "rzi" or "rmi" or "rpi");
            var conversion = new Conversion(to, from, ArithmeticDecoding.RoundingOf(e), toInteger, e.Has("sat"), e.Has("ftz"));
            i.Run = &ConversionHandlers.Run;
            i.Constant = e.Program.Conversions.Count;
            e.Program.Conversions.Add(conversion.Of);
        }
    }

    /// <summary>To and from generic addresses: shared and local memory are windows of them.</summary>
    public static void ConvertAddress(Emission e, ref Instruction i)
    {
        if (e.Type.Bits != 64) throw e.Unknown();
        ulong window = e.Has("shared") ? Places.SharedWindow : e.Has("local") ? Places.LocalWindow : 0;
        i.D = e.Result();
        if (window == 0)
        {
            i.Run = &VectorHandlers.Unary<ulong, Integers.Copy<ulong>>;
            i.A = e.Source(1, 8);
            return;
        }
        i.Run = e.Has("to") ? &VectorHandlers.Binary<ulong, Integers.Subtract<ulong>> : &VectorHandlers.Binary<ulong, Integers.Add<ulong>>;
        (i.A, i.B) = (e.Source(1, 8), e.Constant(window, 8));
    }

    // mov.b64 of two registers of 32 bits, and back; mov.b32 of two of 16.
    private static void Pack(Emission e, ref Instruction i)
    {
        bool packs = e[1].Kind == ArgumentKind.List;
        var items = packs ? e[1].Items : e[0].Items;
        int bits = e.Type.Bits;
        if (items.Count != 2 || bits is not (32 or 64)) throw e.Unknown();
        i.Constant = bits / 2;
        if (packs)
        {
            i.Run = &PackHandlers.Pack;
            (i.D, i.SizeD, i.A, i.B) = (e.Result(), (byte)(bits / 8), e.SourceOf(items[0], 4), e.SourceOf(items[1], 4));
        }
        else
        {
            i.Run = &PackHandlers.Unpack;
            (i.A, i.SizeA, i.D) = (e.Source(1, bits / 8), (byte)(bits / 8), e.ResultOf(items[0]));
            i.More = e.Program.Operands(e.ResultOf(items[1]));
        }
    }
}
