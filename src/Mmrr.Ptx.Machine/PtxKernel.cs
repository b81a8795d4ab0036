using System.Runtime.InteropServices;
using Mmrr.Ptx.Machine.Code;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine;

/// <summary>
/// A kernel of a PTX text, ready to run on the CPU. A warp's 32 lanes are vectors; blocks run one after the other, so that what is found, and where, is the
/// same each time. Not thread-safe, and one memory serves one thread.
/// </summary>
public sealed unsafe class PtxKernel : IDisposable
{
    // Static shared memory of a block; more needs an attribute of the function, which nobody here sets.
    private const int MostSharedBytes = 48 * 1024;
    private const int MostThreads = 1024;
    private const int MostRegisters = 255;
    private const int MostBlocksInY = 65535;

    private readonly GlobalMemory _memory;
    private readonly List<nint> _variables = [];
    private readonly DecodedKernel _program;

    /// <summary>Decodes a kernel.</summary>
    /// <param name="ptx">The text.</param>
    /// <param name="memory">The memory that launches access; the text's own variables are added to it.</param>
    /// <param name="entry">The entry's name in the text; the only one where it is null.</param>
    /// <param name="title">What messages call it, before the entry's name; nothing more where it is null.</param>
    /// <exception cref="PtxFaultException">The text is no PTX, or has an instruction that the machine does not know: the message has its line.</exception>
    public PtxKernel(string ptx, GlobalMemory memory, string? entry = null, string? title = null)
    {
        ArgumentNullException.ThrowIfNull(ptx);
        ArgumentNullException.ThrowIfNull(memory);
        _memory = memory;
        var module = PtxParser.Parse(ptx, title);
        var places = new Dictionary<PtxVariable, long>();
        _program = ProgramBuilder.Build(
            module, entry, title, variable => places.TryGetValue(variable, out long at) ? at : places[variable] = Allocate(variable));
    }

    /// <summary>The entry's name.</summary>
    public string Name => _program.Name;

    /// <summary>Bytes that a launch passes.</summary>
    public int ParameterBytes => _program.ParameterBytes;

    /// <summary>Bytes of shared memory that the text declares, with gaps between variables.</summary>
    public int SharedBytes => _program.SharedBytes;

    /// <summary>Registers of 32 bits that a thread needs at least: those alive between two straight runs of instructions.</summary>
    public int LiveRegisters => _program.LiveRegisters;

    /// <summary>Runs the kernel and waits for its end.</summary>
    /// <param name="grid">Its blocks and threads.</param>
    /// <param name="parameters">The bytes of its parameters, laid out as the text declares them.</param>
    /// <param name="counts">What it executes is added to these, if they are given.</param>
    /// <exception cref="PtxFaultException">The kernel did what is not defined, or the launch needs more than a card has.</exception>
    public void Launch(PtxGrid grid, ReadOnlySpan<byte> parameters, KernelCounts? counts = null)
    {
        CheckResources(grid);
        if (parameters.Length != _program.ParameterBytes)
            throw new ArgumentException($"{_program.Title} takes {_program.ParameterBytes} bytes of parameters, got {parameters.Length}");
        fixed (byte* bytes = parameters)
        {
            new Launch(_program, _memory, bytes, grid, _program.SharedBytes + grid.SharedBytes, counts).Run();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (nint variable in _variables)
        {
            _memory.Remove(variable);
            NativeMemory.AlignedFree((void*)variable);
        }
        _variables.Clear();
        _program.Dispose();
    }

    private void CheckResources(PtxGrid grid)
    {
        int sizes = Math.Min(Math.Min(grid.BlocksX, Math.Min(grid.BlocksY, grid.BlocksZ)), Math.Min(grid.ThreadsX, Math.Min(grid.ThreadsY, grid.ThreadsZ)));
        if (sizes < 1) throw Refuse($"a launch of {grid.Blocks} blocks of {grid.Threads} threads: each size is at least 1");
        if (grid.BlocksY > MostBlocksInY || grid.BlocksZ > MostBlocksInY) throw Refuse($"a grid has at most {MostBlocksInY} blocks in y and in z");
        int most = _program.MostThreads == 0 ? MostThreads : Math.Min(MostThreads, _program.MostThreads);
        if (grid.Threads > most) throw Refuse($"a block of {grid.Threads} threads: the kernel and a card have at most {most}");
        int shared = _program.SharedBytes - _program.SharedGaps.Sum(gap => gap.End - gap.First) + grid.SharedBytes;
        if (shared > MostSharedBytes) throw Refuse($"{shared} bytes of shared memory: a block has at most {MostSharedBytes}");
        if (_program.LiveRegisters > MostRegisters) throw Refuse($"{_program.LiveRegisters} registers are alive at once: a thread has at most {MostRegisters}");
    }

    private PtxFaultException Refuse(string what) => new(PtxFaultKind.Resources, $"{_program.Title}: {what}", 0);

    private long Allocate(PtxVariable variable)
    {
        nuint bytes = (nuint)Math.Max(variable.Bytes, 1);
        byte* memory = (byte*)NativeMemory.AlignedAlloc(bytes, (nuint)Math.Max(256, variable.Alignment));
        NativeMemory.Clear(memory, bytes);
        variable.Initial?.CopyTo(new Span<byte>(memory, (int)bytes));
        _memory.Add((nint)memory, (long)bytes);
        _memory.Open((nint)memory, variable.Bytes, variable.Name);
        // Global variables without a value are zeros.
        _memory.MarkWritten((nint)memory, variable.Bytes);
        _variables.Add((nint)memory);
        return (long)memory;
    }
}
