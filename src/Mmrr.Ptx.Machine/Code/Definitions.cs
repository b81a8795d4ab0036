namespace Mmrr.Ptx.Machine.Code;

/// <summary>Which instructions may have written what a register has at a place: a register serves several values, one after another.</summary>
internal sealed class Definitions
{
    private readonly IReadOnlyList<Operation> _operations;
    private readonly FlowGraph _graph;
    private readonly Dictionary<Register, List<int>> _makers = [];
    private readonly List<int>[] _previous;

    public Definitions(IReadOnlyList<Operation> operations, FlowGraph graph)
    {
        (_operations, _graph) = (operations, graph);
        for (int n = 0; n < operations.Count; n++)
        {
            foreach (var result in operations[n].Results)
            {
                if (!_makers.TryGetValue(result, out var list)) _makers[result] = list = [];
                list.Add(n);
            }
        }
        _previous = graph.Previous();
    }

    /// <summary>Goes back from registers to what may have made them, and on from there: each maker of a register once.</summary>
    /// <param name="starts">Registers, each with the operation that reads it.</param>
    /// <param name="sources">For a register and the operation that made it: the registers to go on with, with those that read them.</param>
    public void GoBack(
        IEnumerable<(Register Register, int Before)> starts, Func<Register, int, IEnumerable<(Register Register, int Before)>> sources)
    {
        var open = new Stack<(Register Register, int Before)>(starts);
        var seen = new HashSet<(Register Register, int Maker)>();
        while (open.TryPop(out var at))
        {
            foreach (int maker in Of(at.Register, at.Before))
            {
                if (!seen.Add((at.Register, maker))) continue;
                foreach (var source in sources(at.Register, maker)) open.Push(source);
            }
        }
    }

    /// <summary>The last writers before an operation, one on each path to it; under a predicate, also what was there before.</summary>
    private IEnumerable<int> Of(Register register, int before)
    {
        if (!_makers.TryGetValue(register, out var makers)) yield break;
        var entered = new HashSet<int>();
        var open = new Stack<(int Run, int End)>([(_graph.RunOf(before), before)]);
        while (open.TryPop(out var at))
        {
            bool isOpen = true;
            int found = makers.BinarySearch(at.End);
            for (int n = (found < 0 ? ~found : found) - 1; n >= 0 && makers[n] >= _graph.Start(at.Run) && isOpen; n--)
            {
                isOpen = _operations[makers[n]].Guard is not null;
                yield return makers[n];
            }
            if (!isOpen) continue;
            foreach (int previous in _previous[at.Run]) if (entered.Add(previous)) open.Push((previous, _graph.End(previous)));
        }
    }
}
