namespace Mmrr.Ptx;

/// <summary>
/// The control flow of a kernel and its natural loops: an edge back to a dominator defines a loop, which consists of all instructions that reach the edge
/// without passing the dominator. (By addresses alone, a rare path placed behind the kernel's end that branches back would look like a loop.) Dominators
/// after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm", on single instructions.
/// </summary>
internal sealed class SassFlow
{
    private const int None = -1;

    private readonly List<int>[] _successors;
    private readonly List<int>[] _predecessors;

    // Reverse postorder; unreachable instructions are not included.
    private readonly List<int> _order = [];
    private readonly int[] _place;
    private readonly int[] _dominator;

    /// <summary>Builds the flow from each instruction's branch target, if any, and whether execution can continue with the next instruction.</summary>
    public SassFlow(IReadOnlyList<(int? Target, bool Falls)> instructions)
    {
        int count = instructions.Count;
        _successors = new List<int>[count];
        _predecessors = [.. Enumerable.Range(0, count).Select(_ => new List<int>())];
        for (int i = 0; i < count; i++)
        {
            _successors[i] = [];
            if (instructions[i].Falls && i + 1 < count) _successors[i].Add(i + 1);
            if (instructions[i].Target is { } target && target < count && !_successors[i].Contains(target)) _successors[i].Add(target);
            foreach (int next in _successors[i]) _predecessors[next].Add(i);
        }
        _place = new int[count];
        Array.Fill(_place, None);
        Walk();
        _dominator = new int[count];
        Array.Fill(_dominator, None);
        Dominate();
    }

    /// <summary>The instructions of each loop that contains no other loop's head, ascending.</summary>
    public IReadOnlyList<IReadOnlyList<int>> InnermostLoops()
    {
        var loops = new Dictionary<int, SortedSet<int>>();
        foreach (int from in _order)
        {
            foreach (int head in _successors[from])
            {
                if (!Dominates(head, from)) continue;
                if (!loops.TryGetValue(head, out var body)) loops[head] = body = [head];
                var open = new Stack<int>([from]);
                while (open.TryPop(out int i))
                {
                    if (!body.Add(i)) continue;
                    foreach (int before in _predecessors[i])
                    {
                        if (_place[before] != None) open.Push(before);
                    }
                }
            }
        }
        return [.. loops
            .Where(loop => !loops.Keys.Any(head => head != loop.Key && loop.Value.Contains(head)))
            .Select(loop => (IReadOnlyList<int>)[.. loop.Value])];
    }

    private void Walk()
    {
        var open = new Stack<(int Instruction, int Next)>([(0, 0)]);
        var seen = new bool[_successors.Length];
        seen[0] = true;
        while (open.TryPop(out var at))
        {
            if (at.Next == _successors[at.Instruction].Count)
            {
                _order.Add(at.Instruction);
                continue;
            }
            open.Push((at.Instruction, at.Next + 1));
            int next = _successors[at.Instruction][at.Next];
            if (seen[next]) continue;
            seen[next] = true;
            open.Push((next, 0));
        }
        _order.Reverse();
        for (int i = 0; i < _order.Count; i++) _place[_order[i]] = i;
    }

    private void Dominate()
    {
        _dominator[0] = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (int i in _order.Skip(1))
            {
                int common = None;
                foreach (int before in _predecessors[i])
                {
                    if (_dominator[before] != None) common = common == None ? before : Common(common, before);
                }
                changed |= _dominator[i] != common;
                _dominator[i] = common;
            }
        }
    }

    private int Common(int a, int b)
    {
        while (a != b)
        {
            while (_place[a] > _place[b]) a = _dominator[a];
            while (_place[b] > _place[a]) b = _dominator[b];
        }
        return a;
    }

    private bool Dominates(int head, int i)
    {
        while (_place[i] > _place[head]) i = _dominator[i];
        return i == head;
    }
}
