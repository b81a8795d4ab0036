using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

internal enum ArgumentKind
{
    Register,
    Constant,
    Special,
    Address,
    List,
    Labels,
}

/// <summary>A register of a kernel and the functions that are set into it.</summary>
internal sealed class Register(int number, int bits)
{
    public int Number { get; } = number;

    /// <summary>1 for a predicate.</summary>
    public int Bits { get; } = bits;

    public bool IsPredicate => Bits == 1;

    /// <summary>Bytes of a lane's value.</summary>
    public int Bytes => Bits == 64 ? 8 : 4;

    /// <summary>Its place in a warp's registers.</summary>
    public int At { get; set; } = -1;
}

/// <summary>An operand whose names are resolved.</summary>
internal sealed record Argument(ArgumentKind Kind)
{
    public Register? Register { get; init; }

    /// <summary>Of a constant; of an address what is added to the register.</summary>
    public ulong Bits { get; init; }

    /// <summary>Whether the bits are those of a double, written as a decimal fraction.</summary>
    public bool IsFraction { get; init; }

    public string Special { get; init; } = "";

    public bool IsNegated { get; init; }

    /// <summary>Where a name that is an address leads; param: the kernel's own parameters.</summary>
    public PtxSpace Space { get; init; }

    public IReadOnlyList<Argument> Items { get; init; } = [];

    /// <summary>Of a label, or of a list of them: where they stand in the body of their function.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [];

    /// <summary>The registers of this operand and of what is in it.</summary>
    public IEnumerable<Register> Registers => Kind == ArgumentKind.List ? Items.SelectMany(item => item.Registers) : Register is { } one ? [one] : [];
}

/// <summary>An instruction whose names are resolved.</summary>
internal sealed class Operation(PtxInstruction written, Argument? guard, IReadOnlyList<Argument> arguments)
{
    // What reads its first operand too.
    private static readonly HashSet<string> s_withoutResult =
        ["st", "red", "bra", "brx", "ret", "exit", "membar", "fence", "trap", "prefetch", "prefetchu", "call", "nanosleep", "bar", "barrier"];

    public PtxInstruction Written { get; } = written;

    public string Name => Words[0];

    /// <summary>The opcode's words: <c>ld</c>, <c>global</c>, <c>f32</c>.</summary>
    public string[] Words { get; } = written.Opcode.Split('.');

    public Argument? Guard { get; } = guard;

    public IReadOnlyList<Argument> Arguments { get; } = arguments;

    /// <summary>Of a branch: the indices of the operations that it goes to; several of <c>brx.idx</c>.</summary>
    public IReadOnlyList<int> Targets { get; set; } = [];

    /// <summary>Whether it goes on somewhere else, for all or for some lanes.</summary>
    public bool EndsRun => Name is "bra" or "brx" or "ret" or "exit";

    /// <summary>Whether an address is made of its result, a 32-bit integer.</summary>
    public bool MakesAddress { get; set; }

    /// <summary>Whether it loads what a <c>cas</c> of the same place then compares.</summary>
    public bool LoadsExpected { get; set; }

    public bool Has(string word) => Array.IndexOf(Words, word, 1) >= 1;

    private bool HasResult => !s_withoutResult.Contains(Name) || (Name is "bar" or "barrier" && Has("red"));

    public IEnumerable<Register> Results => HasResult && Arguments.Count > 0 && Arguments[0].Kind != ArgumentKind.Address ? Arguments[0].Registers : [];

    public IEnumerable<Register> Sources
    {
        get
        {
            var read = Arguments.Skip(HasResult && Arguments.Count > 0 && Arguments[0].Kind != ArgumentKind.Address ? 1 : 0).SelectMany(a => a.Registers);
            return Guard?.Register is { } guard ? read.Concat(Results).Append(guard) : read;
        }
    }
}
