using Mmrr.Ptx.Machine.Control;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes one instruction.</summary>
internal delegate void Decoder(Emission emission, ref Instruction instruction);

/// <summary>
/// The instructions that the machine knows, each with the section of the PTX ISA manual that says what it does, and how it is done here. All else ends with
/// its line.
/// </summary>
internal static unsafe class InstructionSet
{
    private const string Integer = "Integer Arithmetic Instructions";
    private const string Float = "Floating Point Instructions";
    private const string Logic = "Logic and Shift Instructions";
    private const string Comparison = "Comparison and Selection Instructions";
    private const string Move = "Data Movement and Conversion Instructions";
    private const string Flow = "Control Flow Instructions";
    private const string Parallel = "Parallel Synchronization and Communication Instructions";

    /// <summary>The instructions by their first word: the manual's section, and the decoder.</summary>
    public static IReadOnlyDictionary<string, (string Section, Decoder Decode)> All { get; } = new Dictionary<string, (string, Decoder)>
    {
        ["add"] = ($"{Integer}: add; {Float}: add", ArithmeticDecoding.Add),
        ["sub"] = ($"{Integer}: sub; {Float}: sub", ArithmeticDecoding.Subtract),
        ["mul"] = ($"{Integer}: mul; {Float}: mul", ArithmeticDecoding.Multiply),
        ["mad"] = ($"{Integer}: mad; {Float}: mad", ArithmeticDecoding.MultiplyAdd),
        ["fma"] = ($"{Float}: fma", ArithmeticDecoding.MultiplyAdd),
        ["div"] = ($"{Integer}: div; {Float}: div", ArithmeticDecoding.Divide),
        ["rem"] = ($"{Integer}: rem", IntegerDecoding.Remainder),
        ["abs"] = ($"{Integer}: abs; {Float}: abs", ArithmeticDecoding.Absolute),
        ["neg"] = ($"{Integer}: neg; {Float}: neg", ArithmeticDecoding.Negate),
        ["min"] = ($"{Integer}: min; {Float}: min", ArithmeticDecoding.Min),
        ["max"] = ($"{Integer}: max; {Float}: max", ArithmeticDecoding.Max),
        ["sad"] = ($"{Integer}: sad", IntegerDecoding.AbsoluteDifference),
        ["popc"] = ($"{Integer}: popc", IntegerDecoding.PopulationCount),
        ["clz"] = ($"{Integer}: clz", IntegerDecoding.LeadingZeros),
        ["bfind"] = ($"{Integer}: bfind", IntegerDecoding.FindBit),
        ["brev"] = ($"{Integer}: brev", IntegerDecoding.ReverseBits),
        ["bfe"] = ($"{Integer}: bfe", IntegerDecoding.ExtractBits),
        ["rcp"] = ($"{Float}: rcp", ArithmeticDecoding.Reciprocal),
        ["sqrt"] = ($"{Float}: sqrt", ArithmeticDecoding.SquareRoot),
        ["rsqrt"] = ($"{Float}: rsqrt", ArithmeticDecoding.Approximation),
        ["sin"] = ($"{Float}: sin", ArithmeticDecoding.Approximation),
        ["cos"] = ($"{Float}: cos", ArithmeticDecoding.Approximation),
        ["lg2"] = ($"{Float}: lg2", ArithmeticDecoding.Approximation),
        ["ex2"] = ($"{Float}: ex2", ArithmeticDecoding.Approximation),
        ["tanh"] = ($"{Float}: tanh", ArithmeticDecoding.Approximation),
        ["testp"] = ($"{Float}: testp", ArithmeticDecoding.TestProperty),
        ["copysign"] = ($"{Float}: copysign", ArithmeticDecoding.CopySign),
        ["and"] = ($"{Logic}: and", IntegerDecoding.And),
        ["or"] = ($"{Logic}: or", IntegerDecoding.Or),
        ["xor"] = ($"{Logic}: xor", IntegerDecoding.Xor),
        ["not"] = ($"{Logic}: not", IntegerDecoding.Not),
        ["shl"] = ($"{Logic}: shl", IntegerDecoding.ShiftLeft),
        ["shr"] = ($"{Logic}: shr", IntegerDecoding.ShiftRight),
        ["shf"] = ($"{Logic}: shf", IntegerDecoding.Funnel),
        ["prmt"] = ($"{Move}: prmt", IntegerDecoding.PermuteBytes),
        ["setp"] = ($"{Comparison}: setp", ComparisonDecoding.SetPredicate),
        ["selp"] = ($"{Comparison}: selp", ComparisonDecoding.Select),
        ["mov"] = ($"{Move}: mov", MoveDecoding.Move),
        ["cvt"] = ($"{Move}: cvt", MoveDecoding.Convert),
        ["cvta"] = ($"{Move}: cvta", MoveDecoding.ConvertAddress),
        ["ld"] = ($"{Move}: ld, ld.global.nc", AccessDecoding.Load),
        ["st"] = ($"{Move}: st", AccessDecoding.Store),
        ["prefetch"] = ($"{Move}: prefetch", FlowDecoding.Nothing),
        ["bra"] = ($"{Flow}: bra", FlowDecoding.Branch),
        ["brx"] = ($"{Flow}: brx.idx", FlowDecoding.IndexedBranch),
        ["ret"] = ($"{Flow}: ret", FlowDecoding.Exit),
        ["exit"] = ($"{Flow}: exit", FlowDecoding.Exit),
        ["trap"] = ("Miscellaneous Instructions: trap", FlowDecoding.Trap),
        ["bar"] = ($"{Parallel}: bar, barrier, bar.warp.sync", FlowDecoding.Barrier),
        ["barrier"] = ($"{Parallel}: bar, barrier", FlowDecoding.Barrier),
        ["membar"] = ($"{Parallel}: membar, fence", FlowDecoding.Nothing),
        ["fence"] = ($"{Parallel}: membar, fence", FlowDecoding.Nothing),
        ["shfl"] = ($"{Parallel}: shfl.sync", FlowDecoding.Shuffle),
        ["vote"] = ($"{Parallel}: vote.sync", FlowDecoding.Vote),
        ["activemask"] = ($"{Parallel}: activemask", FlowDecoding.ActiveMask),
        ["atom"] = ($"{Parallel}: atom", AccessDecoding.Atomic),
        ["red"] = ($"{Parallel}: red", AccessDecoding.Atomic),
        ["mma"] = ("Matrix Fragments for mma.m16n8k8", FlowDecoding.MatrixProduct),
    };

    /// <summary>Decodes the emission's operation, all but where branches go.</summary>
    public static void Decode(Emission emission, ref Instruction instruction)
    {
        if (!All.TryGetValue(emission.Operation.Name, out var known)) throw emission.Unknown();
        instruction.Run = &FlowHandlers.Nothing;
        known.Decode(emission, ref instruction);
    }
}
