using System.Globalization;

namespace Mmrr.Ptx;

/// <summary>One instruction.</summary>
/// <param name="Address">Bytes from the start of the kernel.</param>
/// <param name="Opcode">The opcode with its modifiers: <c>LDG.E.128</c>.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Bits">Bits that each thread moves, for loads and stores; otherwise 0.</param>
public sealed record SassInstruction(int Address, string Opcode, SassKind Kind, int Bits);

/// <summary>Instructions of a kernel and their counts. The counts are static: they do not depend on how often an instruction runs.</summary>
public sealed class SassBlock
{
    private readonly Dictionary<(SassKind Kind, int Bits), int> _counts;

    /// <summary>Creates a block of these instructions.</summary>
    public SassBlock(IReadOnlyList<SassInstruction> instructions)
    {
        ArgumentNullException.ThrowIfNull(instructions);
        Instructions = instructions;
        _counts = instructions.CountBy(instruction => (instruction.Kind, instruction.Bits)).ToDictionary();
    }

    /// <summary>The instructions, in the order of their addresses.</summary>
    public IReadOnlyList<SassInstruction> Instructions { get; }

    /// <summary>The number of instructions.</summary>
    public int Count => Instructions.Count;

    /// <summary>The number of instructions of a kind, of any width.</summary>
    public int this[SassKind kind] => _counts.Where(entry => entry.Key.Kind == kind).Sum(entry => entry.Value);

    /// <summary>The number of loads or stores of a kind that move this many bits per thread.</summary>
    public int this[SassKind kind, int bits] => _counts.GetValueOrDefault((kind, bits));

    /// <summary>Floating-point instructions; a tensor core instruction counts as one.</summary>
    public int Arithmetic => this[SassKind.Ffma] + this[SassKind.Hmma] + this[SassKind.OtherFloat] + this[SassKind.Double] + this[SassKind.Mufu];

    /// <summary>Loads from global, shared and local memory and copies to shared memory; excludes constants.</summary>
    public int Loads => this[SassKind.Ldg] + this[SassKind.Lds] + this[SassKind.Ldl] + this[SassKind.Ld] + this[SassKind.Ldgsts];

    /// <summary><see cref="Arithmetic"/> over <see cref="Loads"/>; infinite if there are no loads.</summary>
    public double ArithmeticToLoads => Loads == 0 ? double.PositiveInfinity : (double)Arithmetic / Loads;

    /// <summary>All kinds that occur: <c>FFMA 64, LDS.128 4, integer 12, branch 1</c>.</summary>
    public override string ToString() => string.Join(", ", _counts
        .OrderBy(entry => entry.Key.Kind).ThenByDescending(entry => entry.Key.Bits)
        .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{Name(entry.Key.Kind, entry.Key.Bits)} {entry.Value}")));

    private static string Name(SassKind kind, int bits) => kind switch
    {
        SassKind.OtherFloat => "other float",
        SassKind.Double => "float64",
        SassKind.Integer => "integer",
        SassKind.Conversion => "conversion",
        SassKind.Move => "move",
        SassKind.Atomic => "atomic",
        SassKind.Shuffle => "shuffle",
        SassKind.Barrier => "barrier",
        SassKind.Branch => "branch",
        SassKind.Other => "other",
        _ when bits > 0 => string.Create(CultureInfo.InvariantCulture, $"{kind.ToString().ToUpperInvariant()}.{bits}"),
        _ => kind.ToString().ToUpperInvariant(),
    };
}
