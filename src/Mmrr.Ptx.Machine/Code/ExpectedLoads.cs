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
            definitions.GoBack([(compared, n)], (_, made) =>
            {
                var maker = operations[made];
                if (maker.Name == "ld" && maker.Arguments[1].Register == place.Register && maker.Arguments[1].Bits == place.Bits)
                    maker.LoadsExpected = true;
                return maker.Name == "mov" ? maker.Sources.Select(source => (source, made)) : [];
            });
        }
    }
}
