namespace Mmrr.Ptx.Machine.Text;

/// <summary>Where a variable or an access is: "State Spaces".</summary>
internal enum PtxSpace
{
    Generic,
    Global,
    Shared,
    Local,
    Const,
    Param,
}

/// <summary>A name of a PTX text: a register, a variable, a label.</summary>
internal abstract record PtxSymbol(string Name);

/// <summary>A register of <paramref name="Bits"/> bits, 1 for a predicate.</summary>
internal sealed record PtxRegister(string Name, int Bits) : PtxSymbol(Name)
{
    public bool Equals(PtxRegister? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>A variable in memory; <paramref name="Initial"/> are its bytes where the text gives them. Bytes below 0: the size is the launch's.</summary>
internal sealed record PtxVariable(string Name, PtxSpace Space, int Alignment, long Bytes, byte[]? Initial) : PtxSymbol(Name)
{
    public bool Equals(PtxVariable? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>A label, before the instruction of this index of its function.</summary>
internal sealed record PtxLabel(string Name, int Index) : PtxSymbol(Name);

/// <summary>A list of labels of the same function, of <c>.branchtargets</c>.</summary>
internal sealed record PtxBranchTargets(string Name, IReadOnlyList<string> Labels) : PtxSymbol(Name);

internal enum PtxOperandKind
{
    /// <summary>A register, variable, label or function by its name; <c>!</c> before a predicate is <see cref="PtxOperand.Negated"/>.</summary>
    Name,

    /// <summary>A number's bits.</summary>
    Number,

    /// <summary><c>[name + offset]</c> or <c>[number]</c>.</summary>
    Address,

    /// <summary><c>{a, b, …}</c>, <c>(a, b, …)</c> or <c>a|b</c>.</summary>
    List,
}

/// <summary>An operand as written. <see cref="Bits"/>: a number's; of a decimal fraction those of its double.</summary>
internal sealed record PtxOperand(PtxOperandKind Kind, string Name = "", ulong Bits = 0, long Offset = 0, bool Negated = false, bool Fraction = false)
{
    public IReadOnlyList<PtxOperand> Items { get; init; } = [];
}

/// <summary>An instruction as written, with the line of the PTX and, where the text has <c>.loc</c>, the place in the source.</summary>
internal sealed record PtxInstruction(
    string Opcode, IReadOnlyList<PtxOperand> Operands, PtxOperand? Guard, int Line, string? Source, PtxScope Scope)
{
    /// <summary>The opcode's first word.</summary>
    public string Name => Opcode.IndexOf('.', StringComparison.Ordinal) is var end and >= 0 ? Opcode[..end] : Opcode;
}

/// <summary>The names between two braces, and those around them.</summary>
internal sealed class PtxScope(PtxScope? around)
{
    private readonly Dictionary<string, PtxSymbol> _names = [];
    private readonly List<(string Prefix, int Count, int Bits)> _ranges = [];

    public void Add(PtxSymbol symbol) => _names[symbol.Name] = symbol;

    /// <summary>Declares <paramref name="prefix"/>0 to <paramref name="prefix"/>(count − 1).</summary>
    public void AddRange(string prefix, int count, int bits) => _ranges.Add((prefix, count, bits));

    public PtxSymbol? Find(string name)
    {
        for (var scope = this; scope is not null; scope = scope.Around)
        {
            if (scope._names.TryGetValue(name, out var found)) return found;
            foreach (var (prefix, count, bits) in scope._ranges)
            {
                if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
                if (!int.TryParse(name.AsSpan(prefix.Length), out int number) || number >= count) continue;
                var register = new PtxRegister(name, bits);
                scope.Add(register);
                return register;
            }
        }
        return null;
    }

    private PtxScope? Around { get; } = around;
}

/// <summary>An entry or a function with its body.</summary>
internal sealed class PtxFunction(string name, bool isEntry, PtxScope scope)
{
    public string Name { get; } = name;

    public bool IsEntry { get; } = isEntry;

    public PtxScope Scope { get; } = scope;

    public List<PtxSymbol> Parameters { get; } = [];

    public List<PtxSymbol> Results { get; } = [];

    public List<PtxVariable> Variables { get; } = [];

    public List<PtxInstruction> Body { get; } = [];

    /// <summary>Whether it is declared only: its code is elsewhere.</summary>
    public bool IsExternal { get; set; }

    /// <summary>Of <c>.maxntid</c>, 0 where it is not given.</summary>
    public int MostThreads { get; set; }
}

/// <summary>A PTX text.</summary>
internal sealed class PtxModule
{
    public PtxScope Scope { get; } = new(null);

    public List<PtxFunction> Functions { get; } = [];

    public List<PtxVariable> Variables { get; } = [];
}
