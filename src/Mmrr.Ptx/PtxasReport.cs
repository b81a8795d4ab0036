using System.Globalization;
using System.Text.RegularExpressions;

namespace Mmrr.Ptx;

/// <summary>The output of <c>ptxas -v</c> for a kernel. Registers are per thread, shared bytes per group, all others in bytes per thread.</summary>
/// <param name="Registers">32-bit registers.</param>
/// <param name="StackFrame">Local memory for arrays and calls; the largest frame of all functions.</param>
/// <param name="SpillStores">Bytes stored by register spills, over all functions.</param>
/// <param name="SpillLoads">Bytes reloaded after register spills, over all functions.</param>
/// <param name="SharedBytes">Shared memory of fixed size.</param>
/// <param name="ConstantBytes">Constant memory, parameters included; 0 if ptxas does not report it.</param>
public sealed partial record PtxasReport(int Registers, int StackFrame, int SpillStores, int SpillLoads, int SharedBytes, int ConstantBytes)
{
    /// <summary>Whether a thread uses no local memory.</summary>
    public bool StaysInRegisters => StackFrame == 0 && SpillStores == 0 && SpillLoads == 0;

    /// <summary>Reads the text of <c>ptxas -v</c> for PTX with one entry.</summary>
    /// <exception cref="FormatException">The text states no registers or no stack frame.</exception>
    public static PtxasReport Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var frames = Frame().Matches(text);
        var used = Used().Matches(text);
        if (frames.Count == 0 || used.Count == 0) throw new FormatException("the text of ptxas -v names no registers or no stack frame");
        // Called functions have separate lines, some without registers; the entry needs the maximum of all.
        return new PtxasReport(
            used.Max(match => Number(match, 1)),
            frames.Max(match => Number(match, 1)),
            frames.Sum(match => Number(match, 2)),
            frames.Sum(match => Number(match, 3)),
            Shared().Matches(text).Sum(match => Number(match, 1)),
            Constant().Matches(text).Sum(match => Number(match, 1)));
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")]
    private static partial Regex Frame();

    [GeneratedRegex(@"\bUsed (\d+) registers")]
    private static partial Regex Used();

    [GeneratedRegex(@"(\d+) bytes smem")]
    private static partial Regex Shared();

    [GeneratedRegex(@"(\d+) bytes cmem\[\d+\]")]
    private static partial Regex Constant();
}
