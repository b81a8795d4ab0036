using System.Globalization;
using System.Text.RegularExpressions;

namespace Mmrr.Ptx;

/// <summary>The instructions of a kernel as listed by <c>nvdisasm</c>, and the loop with most of its arithmetic.</summary>
public sealed partial class SassListing
{
    private SassListing(IReadOnlyList<SassInstruction> instructions, IReadOnlyList<IReadOnlyList<SassInstruction>> innermost)
    {
        All = new SassBlock(instructions);
        MainLoop = innermost.Select(loop => new SassBlock(loop))
            .OrderByDescending(loop => loop[SassKind.Ffma] + loop[SassKind.Hmma]).ThenByDescending(loop => loop.Arithmetic).ThenByDescending(loop => loop.Count)
            .FirstOrDefault();
    }

    /// <summary>All instructions except the padding at the kernel's end.</summary>
    public SassBlock All { get; }

    /// <summary>
    /// The innermost loop with the most FFMA and HMMA, then the most arithmetic, then the most instructions; null if there is no loop. A loop is defined by
    /// a branch back to an instruction that dominates it, and contains the instructions from which that branch is reachable within it.
    /// </summary>
    public SassBlock? MainLoop { get; }

    /// <summary>Reads the text that <c>nvdisasm -c</c> prints for a cubin with one kernel.</summary>
    /// <exception cref="FormatException">The text has no instruction, or a branch to an unknown label.</exception>
    public static SassListing Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var instructions = new List<SassInstruction>();
        var branches = new List<(string? Label, bool Falls)>();
        var labels = new Dictionary<string, int>();
        foreach (string line in text.Split('\n'))
        {
            if (Label().Match(line) is { Success: true } label)
            {
                labels[label.Groups[1].Value] = instructions.Count;
            }
            else if (Instruction().Match(line) is { Success: true } match)
            {
                string guard = match.Groups[2].Value, opcode = match.Groups[3].Value, operands = match.Groups[4].Value;
                string name = opcode.Split('.')[0];
                if (name == "NOP") continue;
                var target = Target().Match(operands);
                // A branch may be conditional by its guard or by a predicate among its operands.
                bool conditional = guard.Length > 0 || (target.Success && operands[..target.Index].Trim().Length > 0);
                branches.Add((
                    target.Success && name is "BRA" or "JMP" or "CALL" ? target.Groups[1].Value : null,
                    name is not ("BRA" or "JMP" or "BRX" or "JMX" or "EXIT" or "RET" or "KILL") || conditional));
                var kind = SassKinds.Of(opcode, operands);
                instructions.Add(new SassInstruction(
                    int.Parse(match.Groups[1].ValueSpan, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                    opcode, kind, SassKinds.BitsOf(opcode, kind)));
            }
        }
        if (instructions.Count == 0) throw new FormatException("there is no instruction in the text of nvdisasm");
        int?[] targets = [.. branches.Select(branch => branch.Label is null ? null : (int?)TargetOf(branch.Label))];
        // The last instruction is a branch to itself that guards the end.
        if (targets[^1] == instructions.Count - 1) instructions.RemoveAt(instructions.Count - 1);
        var flow = new SassFlow([.. Enumerable.Range(0, instructions.Count).Select(i => (targets[i], branches[i].Falls))]);
        return new SassListing(instructions, [.. flow.InnermostLoops().Select(loop => (IReadOnlyList<SassInstruction>)[.. loop.Select(i => instructions[i])])]);

        int TargetOf(string label) => labels.TryGetValue(label, out int at)
            ? at
            : throw new FormatException($"a branch leads to {label}, which is not in the text of nvdisasm");
    }

    [GeneratedRegex(@"^([.$\w]+):\s*$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^\s*/\*([0-9a-f]+)\*/\s+(@!?U?P\w+\s+)?([A-Z][A-Z0-9_]*(?:\.\w+)*)([^;]*);")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"`\(([.$\w]+)\)")]
    private static partial Regex Target();
}
