using System.Collections;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>The straight runs of a kernel, which run follows which, where paths meet, and which registers are alive.</summary>
internal sealed class FlowGraph
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly List<int> _starts = [];
    private readonly int[] _runOf;
    private readonly List<int>[] _next;
    private int[]? _meetings;

    public FlowGraph(IReadOnlyList<Operation> operations)
    {
        _operations = operations;
        var first = new bool[operations.Count + 1];
        first[0] = true;
        for (int n = 0; n < operations.Count; n++)
        {
            foreach (int target in operations[n].Targets) first[target] = true;
            if (operations[n].EndsRun) first[n + 1] = true;
        }
        _runOf = new int[operations.Count + 1];
        for (int n = 0; n < operations.Count; n++)
        {
            if (first[n]) _starts.Add(n);
            _runOf[n] = _starts.Count - 1;
        }
        // Behind the last operation: the end of the kernel.
        _runOf[operations.Count] = _starts.Count;
        _next = [.. Enumerable.Range(0, Count).Select(Following)];
    }

    /// <summary>The number of runs; it stands for the end of the kernel, too.</summary>
    public int Count => _starts.Count;

    public int Start(int run) => run == Count ? _operations.Count : _starts[run];

    public int End(int run) => run + 1 < Count ? _starts[run + 1] : _operations.Count;

    public int RunOf(int operation) => _runOf[operation];

    /// <summary>Whether a run does no more than return from the kernel, by itself or by branching there.</summary>
    public bool Returns(int run)
    {
        for (int steps = 0; run < Count && steps <= Count; steps++)
        {
            var only = _operations[Start(run)];
            if (!only.EndsRun || only.Guard is not null) return false;
            if (only.Targets.Count == 0) return true;
            if (only.Targets.Count > 1) return false;
            run = _runOf[only.Targets[0]];
        }
        return run == Count;
    }

    /// <summary>Of each run, and of the end of the kernel, the runs that may come before it.</summary>
    public List<int>[] Previous()
    {
        var previous = Enumerable.Range(0, Count + 1).Select(_ => new List<int>()).ToArray();
        for (int run = 0; run < Count; run++) foreach (int next in _next[run]) previous[next].Add(run);
        return previous;
    }

    /// <summary>The immediate post-dominator of a run; <see cref="Count"/> for the end of the kernel.</summary>
    public int Meeting(int run) => (_meetings ??= Meetings())[run];

    /// <summary>The registers alive at the beginning and at the end of every run.</summary>
    public (BitArray In, BitArray Out)[] Liveness(int registers)
    {
        var uses = new BitArray[Count];
        var kills = new BitArray[Count];
        for (int run = 0; run < Count; run++)
        {
            (uses[run], kills[run]) = (new BitArray(registers), new BitArray(registers));
            for (int n = Start(run); n < End(run); n++)
            {
                foreach (var source in _operations[n].Sources) if (!kills[run][source.Number]) uses[run][source.Number] = true;
                foreach (var result in _operations[n].Results) kills[run][result.Number] = true;
            }
            kills[run].Not();
        }
        var alive = Enumerable.Range(0, Count).Select(run => (In: new BitArray(uses[run]), Out: new BitArray(registers))).ToArray();
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int run = Count - 1; run >= 0; run--)
            {
                var ends = new BitArray(registers);
                foreach (int next in _next[run]) if (next < Count) ends.Or(alive[next].In);
                alive[run].Out = ends;
                var begins = new BitArray(ends).And(kills[run]).Or(uses[run]);
                if (!((BitArray)begins.Clone()).Xor(alive[run].In).HasAnySet()) continue;
                alive[run].In = begins;
                changed = true;
            }
        }
        return alive;
    }

    private List<int> Following(int run)
    {
        int end = End(run);
        var last = _operations[end - 1];
        var next = new List<int>();
        if (last.Targets.Count > 0) next.AddRange(last.Targets.Select(target => _runOf[target]).Distinct());
        else if (last.Name is "ret" or "exit") next.Add(Count);
        if (!last.EndsRun || last.Guard is not null) next.Add(_runOf[end]);
        return next;
    }

    // Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", on the graph turned round.
    private int[] Meetings()
    {
        var previous = Previous();
        var order = new List<int>();
        var number = new int[Count + 1];
        Array.Fill(number, -1);
        var open = new Stack<(int Run, int Child)>();
        var seen = new bool[Count + 1];
        open.Push((Count, 0));
        seen[Count] = true;
        while (open.TryPop(out var at))
        {
            if (at.Child < previous[at.Run].Count)
            {
                open.Push((at.Run, at.Child + 1));
                int child = previous[at.Run][at.Child];
                if (seen[child]) continue;
                seen[child] = true;
                open.Push((child, 0));
                continue;
            }
            number[at.Run] = order.Count;
            order.Add(at.Run);
        }
        var meetings = new int[Count + 1];
        Array.Fill(meetings, -1);
        meetings[Count] = Count;
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int n = order.Count - 2; n >= 0; n--)
            {
                int run = order[n], found = -1;
                foreach (int next in _next[run])
                {
                    if (meetings[next] < 0) continue;
                    found = found < 0 ? next : Common(found, next);
                }
                if (found < 0 || meetings[run] == found) continue;
                meetings[run] = found;
                changed = true;
            }
        }
        // From an endless loop no path leads to the end.
        for (int run = 0; run < Count; run++) if (meetings[run] < 0) meetings[run] = Count;
        return meetings;

        int Common(int a, int b)
        {
            while (a != b)
            {
                while (number[a] < number[b]) a = meetings[a];
                while (number[b] < number[a]) b = meetings[b];
            }
            return a;
        }
    }
}
