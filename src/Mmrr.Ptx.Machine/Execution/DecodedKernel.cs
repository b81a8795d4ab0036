using System.Runtime.InteropServices;

namespace Mmrr.Ptx.Machine.Execution;

/// <summary>Where an instruction comes from.</summary>
/// <param name="Opcode">As written.</param>
/// <param name="Line">The line of the PTX, from 1.</param>
/// <param name="Source">The file and line of the source, where the PTX gives it.</param>
internal readonly record struct Origin(string Opcode, int Line, string? Source);

/// <summary>A register of the hardware's that a program reads, at an offset of a warp's registers.</summary>
internal readonly record struct SpecialRegister(string Name, int At);

/// <summary>A constant that a program has in a warp's registers.</summary>
internal readonly record struct ConstantRegister(ulong Bits, int Bytes, int At);

/// <summary>A straight run of instructions, which all lanes that begin it go through.</summary>
/// <param name="First">The index of its first instruction, which counts it.</param>
/// <param name="End">The index after its last.</param>
internal readonly record struct StraightRun(int First, int End);

/// <summary>A decoded kernel.</summary>
internal sealed unsafe class DecodedKernel : IDisposable
{
    private readonly List<nint> _operands = [];

    public DecodedKernel(string name, string title, int instructions)
    {
        (Name, Title) = (name, title);
        Count = instructions;
        Instructions = (Instruction*)NativeMemory.AllocZeroed((nuint)instructions, (nuint)sizeof(Instruction));
        Origins = new Origin[instructions];
        IsBetween = new bool[instructions];
    }

    public string Name { get; }

    /// <summary>What messages call it.</summary>
    public string Title { get; }

    public int Count { get; }

    public Instruction* Instructions { get; private set; }

    public Origin[] Origins { get; }

    /// <summary>Whether an instruction is none of the text's.</summary>
    public bool[] IsBetween { get; }

    public List<StraightRun> Runs { get; } = [];

    /// <summary>The beginnings of runs that do no more than return; and the kernel's end.</summary>
    public HashSet<int> Returns { get; } = [];

    public List<SpecialRegister> Specials { get; } = [];

    public List<ConstantRegister> Constants { get; } = [];

    /// <summary>Bytes of shared memory between two variables: the first, and the one after the last.</summary>
    public List<(int First, int End)> SharedGaps { get; } = [];

    /// <summary>Whether 4 bytes of local memory lie between two variables.</summary>
    public bool[] LocalGaps { get; set; } = [];

    /// <summary>Conversions of one lane's bits, which instructions name by their number.</summary>
    public List<Func<ulong, ulong>> Conversions { get; } = [];

    /// <summary>Atomic operations, by their number: what becomes of the old value and two operands.</summary>
    public List<Func<ulong, ulong, ulong, ulong>> Atomics { get; } = [];

    /// <summary>The offsets of the 8-byte parameters of which an access's address is made, by the instruction's number.</summary>
    public Func<int, IReadOnlyList<int>> AddressParameters { get; set; } = _ => [];

    /// <summary>Bytes of a warp's registers.</summary>
    public int RegisterBytes { get; set; }

    /// <summary>Bytes of a thread's local memory.</summary>
    public int LocalBytes { get; set; }

    /// <summary>Bytes of a block's shared memory that the text declares.</summary>
    public int SharedBytes { get; set; }

    /// <summary>Bytes of the parameters.</summary>
    public int ParameterBytes { get; set; }

    /// <summary>Of <c>.maxntid</c>, 0 where it is not given.</summary>
    public int MostThreads { get; set; }

    /// <summary>Registers of 32 bits that a thread needs at least.</summary>
    public int LiveRegisters { get; set; }

    /// <summary>The opcodes of a straight run, without what the machine put between them.</summary>
    public IEnumerable<string> Opcodes(StraightRun run)
    {
        for (int n = run.First + 1; n < run.End; n++) if (!IsBetween[n]) yield return Origins[n].Opcode;
    }

    /// <summary>Memory for operands beyond three, which lives as long as the program.</summary>
    public int* Operands(params ReadOnlySpan<int> values)
    {
        int* operands = (int*)NativeMemory.Alloc((nuint)values.Length, sizeof(int));
        _operands.Add((nint)operands);
        values.CopyTo(new Span<int>(operands, values.Length));
        return operands;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint operands in _operands) NativeMemory.Free((void*)operands);
        _operands.Clear();
        NativeMemory.Free(Instructions);
        Instructions = null;
    }
}
