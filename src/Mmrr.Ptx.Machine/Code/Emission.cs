using Mmrr.Ptx.Machine.Arithmetic;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>One operation on its way to an <see cref="Instruction"/>: its operands' places, and what the program holds for it.</summary>
internal sealed unsafe class Emission(DecodedKernel program, RegisterPlan plan)
{
    private readonly Dictionary<(ulong Bits, int Bytes), int> _constants = [];
    private readonly Dictionary<string, int> _specials = [];

    public DecodedKernel Program { get; } = program;

    /// <summary>The operation that is decoded.</summary>
    public Operation Operation { get; set; } = null!;

    public int Count => Operation.Arguments.Count;

    /// <summary>The last word of the opcode that names a type.</summary>
    public PtxType Type => PtxType.TryParse(Operation.Words[^1], out var type) ? type : throw Refuse($"'{Operation.Words[^1]}' is no type that is known");

    public Argument this[int n] => n < Count ? Operation.Arguments[n] : throw Refuse($"it has {Count} operands, at least {n + 1} are expected");

    public bool Has(string word) => Operation.Has(word);

    public PtxFaultException Refuse(string what)
    {
        var at = Operation.Written;
        return new PtxFaultException(
            PtxFaultKind.UnknownInstruction, $"{PtxFaultException.Place(Program.Title, at.Line, at.Opcode, at.Source)}: {what}", at.Line);
    }

    /// <summary>The instruction does not exist in this form.</summary>
    public PtxFaultException Unknown() => Refuse("the machine does not know this instruction");

    /// <summary>The place of a register that is written.</summary>
    public int Result(int n = 0) => ResultOf(this[n]);

    public int ResultOf(Argument argument) => argument.Kind == ArgumentKind.Register
        ? argument.Register!.At
        : argument is { Kind: ArgumentKind.Special, Special: "_" } ? plan.Reserve(8) : throw Refuse("a register is expected for the result");

    /// <summary>The place of an operand's value: of its register, or of a constant's copy for all lanes.</summary>
    public int Source(int n, int bytes, bool isFloat = false) => SourceOf(this[n], bytes, isFloat);

    public int SourceOf(Argument argument, int bytes, bool isFloat = false)
    {
        switch (argument.Kind)
        {
            case ArgumentKind.Register:
                if (argument.Register!.IsPredicate != (bytes == 0)) throw Refuse("a predicate and another register are confused");
                if (bytes > argument.Register.Bytes) throw Refuse("a register is too small for the type");
                return argument.Register.At;
            case ArgumentKind.Special:
                return Special(argument.Special);
            case ArgumentKind.Constant:
                ulong bits = argument.Bits;
                if (argument.IsFraction && bytes == 4) bits = BitConverter.SingleToUInt32Bits((float)BitConverter.UInt64BitsToDouble(bits));
                else if (isFloat && bytes == 8 && !argument.IsFraction && bits <= uint.MaxValue && bits != 0) throw Refuse("0f is not a double");
                return Constant(bytes == 0 ? (bits == 0 ? 0 : uint.MaxValue) : bits, bytes == 0 ? 4 : bytes);
            default:
                throw Refuse("an operand is of no kind that the instruction takes");
        }
    }

    /// <summary>The place of a predicate; whether it is negated is in the argument.</summary>
    public int Predicate(int n) => SourceOf(this[n], 0);

    /// <summary>The place of a constant, for all lanes.</summary>
    public int Constant(ulong bits, int bytes)
    {
        if (bytes == 4) bits = (uint)bits;
        if (_constants.TryGetValue((bits, bytes), out int at)) return at;
        at = plan.Reserve(bytes);
        Program.Constants.Add(new ConstantRegister(bits, bytes, at));
        return _constants[(bits, bytes)] = at;
    }

    private int Special(string name)
    {
        if (_specials.TryGetValue(name, out int at)) return at;
        if (name is "%clock" or "%clock64" or "%globaltimer") throw Refuse($"{name} is left out: the machine has no clock");
        string[] known =
        [
            "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y", "%nctaid.z",
            "%laneid", "%warpid", "%nwarpid", "%lanemask_eq", "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge",
            "%dynamic_smem_size",
        ];
        if (!known.Contains(name)) throw Refuse($"the register {name} is not known");
        at = plan.Reserve(4);
        Program.Specials.Add(new SpecialRegister(name, at));
        return _specials[name] = at;
    }
}
