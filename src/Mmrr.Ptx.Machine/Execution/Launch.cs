using System.Globalization;
using System.Text;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Ptx.Machine.Execution;

/// <summary>A kernel on a grid of blocks, which run one after the other: what is found, and where, is the same each time.</summary>
internal sealed unsafe class Launch
{
    private readonly PtxGrid _grid;
    private readonly Dictionary<int, StraightRun> _runs = [];

    public Launch(DecodedKernel program, GlobalMemory memory, byte* parameters, PtxGrid grid, int sharedBytes, KernelCounts? counts)
    {
        (Program, Memory, _grid, Counts) = (program, memory, grid, counts);
        Parameters = parameters;
        SharedBytes = sharedBytes;
        Begun = Stamp.Begin(memory.NextInterval());
    }

    public DecodedKernel Program { get; }

    public GlobalMemory Memory { get; }

    public byte* Parameters { get; }

    /// <summary>Bytes of a block's shared memory.</summary>
    public int SharedBytes { get; }

    public KernelCounts? Counts { get; }

    /// <summary>The first stamp of the launch.</summary>
    public ulong Begun { get; }

    /// <summary>Runs all blocks.</summary>
    /// <exception cref="PtxFaultException">A kernel did what is not defined.</exception>
    public void Run()
    {
        if (Counts is not null)
        {
            Counts.Begin(Program.Count);
            foreach (var run in Program.Runs) _runs[run.First] = run;
        }
        using var block = new Block(this, _grid.ThreadsX * _grid.ThreadsY * _grid.ThreadsZ);
        block.Prepare(_grid);
        for (int z = 0; z < _grid.BlocksZ; z++)
        {
            for (int y = 0; y < _grid.BlocksY; y++)
            {
                for (int x = 0; x < _grid.BlocksX; x++) block.Run(x, y, z, Memory.MostInstructions);
            }
        }
        foreach (var run in Program.Runs) Counts?.Add(run.First, Program.Opcodes(run));
    }

    /// <summary>Counts a straight run that a warp begins, and keeps what the first warp of the first block does.</summary>
    public void CountRun(Warp warp, int index)
    {
        Counts!.Enter(index, warp.Mask);
        var block = warp.Block;
        if (warp.Number + block.X + block.Y + block.Z != 0) return;
        var run = _runs[index];
        Counts.Trace(Program.Origins[index].Line, run.End - run.First, warp.Mask);
    }

    public PtxFaultException Fault(PtxFaultKind kind, Instruction* at, Warp? warp, int lane, string what)
    {
        var origin = Program.Origins[at->Index];
        var text = new StringBuilder(PtxFaultException.Place(Program.Title, origin.Line, origin.Opcode, origin.Source));
        if (warp is not null)
        {
            var block = warp.Block;
            text.Append(CultureInfo.InvariantCulture, $", block ({block.X}, {block.Y}, {block.Z}), warp {warp.Number}, lane {lane}");
        }
        return new PtxFaultException(kind, $"{text.Append(": ").Append(what)}", origin.Line);
    }
}
