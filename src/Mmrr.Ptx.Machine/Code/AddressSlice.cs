namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Finds the sums, differences and products of signed 32-bit integers of which addresses are made. A value that is masked, divided, compared or loaded on
/// the way is another one: of those integers the overflow may be meant, as in a hash.
/// </summary>
internal static class AddressSlice
{
    public static void Mark(IReadOnlyList<Operation> operations, Definitions definitions)
    {
        var open = new Stack<(Register Register, int Before)>();
        var seen = new HashSet<int>();
        for (int n = 0; n < operations.Count; n++)
        {
            foreach (var argument in operations[n].Arguments)
            {
                if (argument is { Kind: ArgumentKind.Address, Register: { } register }) open.Push((register, n));
            }
        }
        while (open.TryPop(out var at))
        {
            foreach (int made in definitions.Of(at.Register, at.Before))
            {
                var maker = operations[made];
                if (!seen.Add(made) || !Carries(maker)) continue;
                maker.MakesAddress = maker.Words[^1] == "s32" && (maker.Name is "add" or "sub" || (maker.Name == "mul" && maker.Has("lo")));
                foreach (var source in maker.Sources) if (!source.IsPredicate) open.Push((source, made));
            }
        }
    }

    private static bool Carries(Operation operation) => operation.Words[^1] is "s32" or "s64" or "u64" or "b32" or "b64" or "u32"
        && operation.Name is "add" or "sub" or "mul" or "mad" or "mov" or "cvt" or "cvta" or "shl" && !operation.Has("hi");
}
