using System.Globalization;

namespace Mmrr.Ptx;

/// <summary>The resources of kernels as a Markdown table: a row for each kernel, "a / b" where two targets differ.</summary>
public static class KernelReportTable
{
    private const string Head = "| kernel | registers | stack frame | spills | shared | blocks an SM | main loop | arithmetic to a load |";

    /// <summary>
    /// The lines of the table. Stack frame, spills (stored) and shared memory are in bytes, the main loop in instructions; "–" where there is none or it has
    /// no loads.
    /// </summary>
    /// <param name="kernels">The kernels, each compiled by a compiler of its own: what one has compiled before can move the registers of the next.</param>
    /// <param name="tools">NVIDIA's assembler and disassembler.</param>
    /// <param name="targets">The columns' figures are those of these, in this order.</param>
    /// <exception cref="PtxException">A kernel does not compile, or is not assembled.</exception>
    public static IReadOnlyList<string> Lines(IReadOnlyList<SimtKernel> kernels, PtxTools tools, params IReadOnlyList<Multiprocessor> targets) =>
        [Head, "|---|---|---|---|---|---|---|---|", .. kernels.AsParallel().AsOrdered().Select(kernel => Row(kernel, tools, targets))];

    private static string Row(SimtKernel kernel, PtxTools tools, IReadOnlyList<Multiprocessor> targets)
    {
        var texts = targets.DistinctBy(PtxCompiler.NamedTarget).ToDictionary(PtxCompiler.NamedTarget, target =>
        {
            using var compiler = new PtxCompiler(target);
            return compiler.Compile(kernel);
        });
        string[][] figures = [.. targets.Select(target => Figures(KernelReport.Of(kernel, texts[PtxCompiler.NamedTarget(target)], target, tools)))];
        string[] cells = [.. figures[0].Select((_, i) => string.Join(" / ", figures.Select(f => f[i]).Distinct()))];
        return $"| `{kernel}` | {string.Join(" | ", cells)} |";
    }

    private static string[] Figures(KernelReport report)
    {
        var (resources, loop) = (report.Resources, report.Listing.MainLoop);
        int[] counts = [resources.Registers, resources.StackFrame, resources.SpillStores, resources.SharedBytes, report.Occupancy.Groups];
        return
        [
            .. counts.Select(count => count.ToString(CultureInfo.InvariantCulture)),
            loop?.Count.ToString(CultureInfo.InvariantCulture) ?? "–",
            loop is { Loads: > 0 } ? loop.ArithmeticToLoads.ToString("F2", CultureInfo.InvariantCulture) : "–",
        ];
    }
}
