using System.Collections.Frozen;

namespace Mmrr.Ptx;

/// <summary>The kind of a GPU instruction.</summary>
public enum SassKind
{
    /// <summary>A float32 multiply-add.</summary>
    Ffma,

    /// <summary>A product of tiles on a tensor core: one instruction, many multiply-adds.</summary>
    Hmma,

    /// <summary>Other arithmetic, comparisons and selections in float32 and smaller.</summary>
    OtherFloat,

    /// <summary>Float64.</summary>
    Double,

    /// <summary>The special function unit: reciprocals, roots, exponentials, logarithms. Integer division uses it too.</summary>
    Mufu,

    /// <summary>Addresses, counters, comparisons and logic.</summary>
    Integer,

    /// <summary>Conversion between number formats.</summary>
    Conversion,

    /// <summary>A copy between registers, or of a constant or a thread's index.</summary>
    Move,

    /// <summary>Load from global memory.</summary>
    Ldg,

    /// <summary>Store to global memory.</summary>
    Stg,

    /// <summary>Load from shared memory.</summary>
    Lds,

    /// <summary>Store to shared memory.</summary>
    Sts,

    /// <summary>Load from local memory: a spill or an array.</summary>
    Ldl,

    /// <summary>Store to local memory.</summary>
    Stl,

    /// <summary>Load from a generic address, whose memory space the compiler does not know: slower than a global load.</summary>
    Ld,

    /// <summary>Store to a generic address.</summary>
    St,

    /// <summary>Copy from global to shared memory bypassing the registers (<c>cp.async</c>).</summary>
    Ldgsts,

    /// <summary>Load from constant memory, which holds the arguments.</summary>
    Ldc,

    /// <summary>Atomic operations and reductions in memory.</summary>
    Atomic,

    /// <summary>Exchange within a warp.</summary>
    Shuffle,

    /// <summary>Waiting for other threads or for memory.</summary>
    Barrier,

    /// <summary>Branches, calls, exits and reconvergence of a warp's threads.</summary>
    Branch,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>The kind of an opcode.</summary>
internal static class SassKinds
{
    private static readonly FrozenDictionary<string, SassKind> s_kinds = new (SassKind Kind, string Opcodes)[]
    {
        (SassKind.Ffma, "FFMA FFMA32I"),
        (SassKind.Hmma, "HMMA IMMA DMMA BMMA HGMMA IGMMA QGMMA BGMMA"),
        (SassKind.OtherFloat, "FADD FADD32I FMUL FMUL32I FSETP FSET FSEL FMNMX FCHK FSWZADD HADD2 HMUL2 HFMA2 HSETP2 HSET2 HMNMX2"),
        (SassKind.Double, "DADD DMUL DFMA DSETP DMNMX"),
        (SassKind.Mufu, "MUFU"),
        (SassKind.Integer,
            "IADD IADD3 VIADD IMAD IMUL IDP ISETP IABS IMNMX VIMNMX ISCADD LEA LOP LOP3 LOP32I PLOP3 SHF SHL SHR "
            + "SEL PRMT BMSK BREV FLO POPC SGXT P2R R2P VABSDIFF VABSDIFF4"),
        (SassKind.Conversion, "F2F F2I I2F I2FP F2FP I2I FRND F2IP I2IP"),
        (SassKind.Move, "MOV MOV32I MOVM S2R S2UR CS2R R2UR"),
        (SassKind.Ldg, "LDG"),
        (SassKind.Stg, "STG"),
        (SassKind.Lds, "LDS LDSM"),
        (SassKind.Sts, "STS STSM"),
        (SassKind.Ldl, "LDL"),
        (SassKind.Stl, "STL"),
        (SassKind.Ld, "LD"),
        (SassKind.St, "ST"),
        (SassKind.Ldgsts, "LDGSTS"),
        (SassKind.Ldc, "LDC"),
        (SassKind.Atomic, "ATOM ATOMG ATOMS RED REDG"),
        (SassKind.Shuffle, "SHFL VOTE MATCH REDUX"),
        (SassKind.Barrier, "BAR DEPBAR LDGDEPBAR LDDEP MEMBAR ERRBAR CCTL SYNCS ARRIVES FENCE"),
        (SassKind.Branch, "BRA BRX BRXU JMP JMX EXIT RET CALL BSSY BSYNC BREAK BMOV WARPSYNC YIELD BPT KILL NANOSLEEP"),
    }.SelectMany(row => row.Opcodes.Split(' ').Select(opcode => (opcode, row.Kind))).ToFrozenDictionary(pair => pair.opcode, pair => pair.Kind);

    /// <summary>The kind of an opcode with its modifiers, such as <c>LDG.E.128</c>, and its operands.</summary>
    public static SassKind Of(string opcode, string operands)
    {
        string name = opcode.Split('.')[0];
        // The assembler encodes some copies as multiply-adds with the zero register to balance the units: IMAD.MOV, and HFMA2 with two zeros.
        if (opcode.StartsWith("IMAD.MOV", StringComparison.Ordinal)) return SassKind.Move;
        if (name == "HFMA2" && operands.Contains("-RZ, RZ,", StringComparison.Ordinal)) return SassKind.Move;
        // U… is the variant for a whole warp, in uniform registers.
        return s_kinds.TryGetValue(name, out var kind) || (name[0] == 'U' && s_kinds.TryGetValue(name[1..], out kind)) ? kind : SassKind.Other;
    }

    /// <summary>Bits that each thread moves with a memory instruction; 0 for others.</summary>
    public static int BitsOf(string opcode, SassKind kind)
    {
        if (kind is not (SassKind.Ldg or SassKind.Stg or SassKind.Lds or SassKind.Sts
            or SassKind.Ldl or SassKind.Stl or SassKind.Ld or SassKind.St or SassKind.Ldgsts))
            return 0;
        string[] modifiers = opcode.Split('.');
        // One, two or four tiles of 8x8 halves, 32 bits per thread each.
        if (modifiers[0] is "LDSM" or "STSM") return modifiers[^1] switch { "2" => 64, "4" => 128, _ => 32 };
        if (modifiers.Contains("128")) return 128;
        if (modifiers.Contains("64")) return 64;
        if (modifiers.Contains("U16") || modifiers.Contains("S16")) return 16;
        return modifiers.Contains("U8") || modifiers.Contains("S8") ? 8 : 32;
    }
}
