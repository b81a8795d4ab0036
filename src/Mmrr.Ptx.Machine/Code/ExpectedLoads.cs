namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Finds the loads that begin a loop of compare and exchange, as ILGPU makes one for each atomic operation that a card has not: their value is a guess, which
/// <c>atom.cas</c> of the same place compares with what is there.
/// </summary>
internal static class ExpectedLoads
{
    public static void Mark(IReadOnlyList<Operation> operations, Definitions definitions)
    {
        for (int n = 0; n < operations.Count; n++)
        {
            if (operations[n] is not { Name: "atom", Arguments: [_, var place, { Register: { } compared }, ..] } exchange || !exchange.Has("cas")) continue;
            var seen = new HashSet<int>();
            var open = new Stack<(Register Register, int Before)>([(compared, n)]);
            while (open.TryPop(out var at))
            {
                foreach (int made in definitions.Of(at.Register, at.Before))
                {
                    if (!seen.Add(made)) continue;
                    var maker = operations[made];
                    if (maker.Name == "mov")
                    {
                        foreach (var source in maker.Sources) open.Push((source, made));
                    }
                    else if (maker.Name == "ld" && maker.Arguments[1].Register == place.Register && maker.Arguments[1].Bits == place.Bits)
                    {
                        maker.LoadsExpected = true;
                    }
                }
            }
        }
    }
}
