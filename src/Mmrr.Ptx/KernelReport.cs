using System.Globalization;

namespace Mmrr.Ptx;

/// <summary>A kernel as compiled for a GPU: its code, its resources and its occupancy.</summary>
public sealed class KernelReport
{
    private readonly SimtKernel _kernel;
    private readonly Multiprocessor _target;

    private KernelReport(SimtKernel kernel, Multiprocessor target, string ptx, PtxasReport resources, string sass)
    {
        (_kernel, _target, Ptx, Resources, Sass) = (kernel, target, ptx, resources, sass);
        Listing = SassListing.Parse(sass);
        Occupancy = target.Occupancy(resources.Registers, resources.SharedBytes, kernel.GroupSize);
    }

    /// <summary>The PTX from ILGPU.</summary>
    public string Ptx { get; }

    /// <summary>The SASS from ptxas, as text.</summary>
    public string Sass { get; }

    /// <summary>The parsed SASS with instruction counts.</summary>
    public SassListing Listing { get; }

    /// <summary>Registers, stack frame, register spills, shared memory.</summary>
    public PtxasReport Resources { get; }

    /// <summary>Groups of the kernel's maximum size that are resident on a multiprocessor.</summary>
    public Occupancy Occupancy { get; }

    /// <summary>Compiles, assembles and disassembles a kernel.</summary>
    /// <exception cref="PtxException">One of the three steps fails.</exception>
    public static KernelReport Of(SimtKernel kernel, PtxCompiler compiler, PtxTools tools)
    {
        ArgumentNullException.ThrowIfNull(compiler);
        return Of(kernel, compiler.Compile(kernel), compiler.Target, tools);
    }

    /// <summary>Assembles and disassembles a kernel that has been compiled.</summary>
    /// <exception cref="PtxException">One of the two steps fails.</exception>
    public static KernelReport Of(SimtKernel kernel, string ptx, Multiprocessor target, PtxTools tools)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(tools);
        var (resources, cubin) = tools.Assemble(ptx, target);
        return new KernelReport(kernel, target, ptx, resources, tools.Disassemble(cubin));
    }

    /// <summary>The main figures, one per line.</summary>
    public IReadOnlyList<string> Summary()
    {
        var lines = new List<string>
        {
            Line($"{_kernel}, sm_{_target.Sm}, groups of {_kernel.GroupSize} threads"),
            Line($"registers     {Resources.Registers}"),
            Line($"stack frame   {Resources.StackFrame} bytes"),
            Line($"spills        {Resources.SpillStores} bytes stored, {Resources.SpillLoads} bytes loaded"),
            Line($"shared        {Resources.SharedBytes} bytes"),
            Line($"blocks an SM  {Occupancy.Groups}, {Occupancy.Warps} of {_target.MaxWarps} warps, bounded by {Bound(Occupancy.Limit)}"),
            Line($"instructions  {Listing.All.Count}: {Listing.All}"),
        };
        // ptxas 11.8 does not report it for sm_90.
        if (Resources.ConstantBytes > 0) lines.Insert(5, Line($"constant      {Resources.ConstantBytes} bytes"));
        if (Listing.MainLoop is { } loop)
        {
            lines.Add(Line($"main loop     {loop.Count} ({100.0 * loop.Count / Listing.All.Count:F0} % of all): {loop}"));
            string toLoads = loop.Loads == 0 ? "no loads" : Line($"{loop.ArithmeticToLoads:F2} to a load");
            lines.Add(Line($"              arithmetic {loop.Arithmetic} ({100.0 * loop.Arithmetic / loop.Count:F0} % of it), {toLoads}"));
        }
        else
        {
            lines.Add("main loop     none");
        }
        return lines;
    }

    private static string Bound(OccupancyLimit limit) => limit switch
    {
        OccupancyLimit.Threads => "threads",
        OccupancyLimit.Groups => "the number of blocks",
        OccupancyLimit.Registers => "registers",
        _ => "shared memory",
    };

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
