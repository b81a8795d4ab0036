using System.Collections;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Gives registers their places in a warp's registers. Registers that are never alive at once may share a place: a lane's value is only overwritten where
/// that lane is active. So a loop's registers fit the processor's caches.
/// </summary>
internal sealed class RegisterPlan
{
    private const int LineBytes = 64;
    private readonly List<int> _freeNarrow = [];
    private readonly List<int> _freeWide = [];

    /// <summary>Plans the places.</summary>
    public RegisterPlan(IReadOnlyList<Operation> operations, FlowGraph graph)
    {
        var registers = new Dictionary<int, Register>();
        foreach (var operation in operations)
        {
            foreach (var register in operation.Results.Concat(operation.Sources)) registers[register.Number] = register;
        }
        int count = registers.Count == 0 ? 0 : registers.Keys.Max() + 1;
        var first = new int[count];
        var last = new int[count];
        Array.Fill(first, int.MaxValue);
        Array.Fill(last, -1);
        var alive = graph.Liveness(count);
        var free = Rematerialized(operations);
        for (int run = 0; run < graph.Count; run++)
        {
            Extend(alive[run].In, graph.Start(run));
            Extend(alive[run].Out, graph.End(run));
            for (int n = graph.Start(run); n < graph.End(run); n++)
            {
                foreach (var register in operations[n].Results.Concat(operations[n].Sources))
                    (first[register.Number], last[register.Number]) = (Math.Min(first[register.Number], n), Math.Max(last[register.Number], n));
            }
            int words = 0;
            for (int n = 0; n < count; n++) if (alive[run].Out[n] && !free.Contains(n)) words += Words(registers[n]);
            MostAlive = Math.Max(MostAlive, words);
        }
        Allocate(registers, first, last);

        void Extend(BitArray set, int at)
        {
            for (int n = 0; n < count; n++)
            {
                if (set[n]) (first[n], last[n]) = (Math.Min(first[n], at), Math.Max(last[n], at));
            }
        }
    }

    /// <summary>Bytes of a warp's registers so far.</summary>
    public int Bytes { get; private set; }

    /// <summary>
    /// The most registers of 32 bits that are alive between two straight runs, constants not counted: no order of the instructions needs fewer, without
    /// memory for what does not fit.
    /// </summary>
    public int MostAlive { get; }

    /// <summary>A place of its own, for 32 lanes of 4 or 8 bytes.</summary>
    public int Reserve(int laneBytes)
    {
        int at = Bytes;
        Bytes += laneBytes * Execution.Warp.Size;
        return at;
    }

    private void Allocate(Dictionary<int, Register> registers, int[] first, int[] last)
    {
        var ending = new PriorityQueue<Register, int>();
        int predicates = registers.Values.Count(register => register.IsPredicate), predicate = 0;
        Bytes = (predicates * sizeof(uint) + LineBytes - 1) / LineBytes * LineBytes;
        foreach (var register in registers.Values.OrderBy(register => first[register.Number]))
        {
            if (register.IsPredicate)
            {
                register.At = sizeof(uint) * predicate++;
                continue;
            }
            while (ending.TryPeek(out var ended, out int end) && end <= first[register.Number])
            {
                ending.Dequeue();
                (ended.Bytes == 4 ? _freeNarrow : _freeWide).Add(ended.At);
            }
            var free = register.Bytes == 4 ? _freeNarrow : _freeWide;
            if (free.Count > 0)
            {
                register.At = free[^1];
                free.RemoveAt(free.Count - 1);
            }
            else
            {
                register.At = Reserve(register.Bytes);
            }
            ending.Enqueue(register, last[register.Number]);
        }
    }

    // Registers that only hold a constant: an assembler makes them where they are used.
    private static HashSet<int> Rematerialized(IReadOnlyList<Operation> operations)
    {
        var constants = new HashSet<int>();
        var others = new HashSet<int>();
        foreach (var operation in operations)
        {
            bool isConstant = operation is { Name: "mov", Guard: null } && operation.Arguments[1].Kind is ArgumentKind.Constant or ArgumentKind.Special;
            foreach (var result in operation.Results) (isConstant ? constants : others).Add(result.Number);
        }
        constants.ExceptWith(others);
        return constants;
    }

    private static int Words(Register register) => register.IsPredicate ? 0 : register.Bytes / 4;
}
