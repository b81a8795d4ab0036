namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Finds the sums, differences and products of signed 32-bit integers of which addresses are made. A value that is masked, divided, compared or loaded on
/// the way is another one: of those integers the overflow may be meant, as in a hash.
/// </summary>
internal static class AddressSlice
{
    public static void Mark(IReadOnlyList<Operation> operations)
    {
        var makers = new Dictionary<Register, List<Operation>>();
        foreach (var operation in operations)
        {
            foreach (var result in operation.Results)
            {
                if (!makers.TryGetValue(result, out var list)) makers[result] = list = [];
                list.Add(operation);
            }
        }
        var open = new Stack<Register>();
        var seen = new HashSet<Register>();
        foreach (var operation in operations)
        {
            foreach (var argument in operation.Arguments)
            {
                if (argument is { Kind: ArgumentKind.Address, Register: { } register }) Follow(register);
            }
        }
        while (open.TryPop(out var register))
        {
            if (!makers.TryGetValue(register, out var list)) continue;
            foreach (var maker in list)
            {
                if (!Carries(maker)) continue;
                maker.MakesAddress = maker.Words[^1] == "s32" && (maker.Name is "add" or "sub" || (maker.Name == "mul" && maker.Has("lo")));
                foreach (var source in maker.Sources) Follow(source);
            }
        }

        void Follow(Register register)
        {
            if (!register.IsPredicate && seen.Add(register)) open.Push(register);
        }
    }

    private static bool Carries(Operation operation) => operation.Words[^1] is "s32" or "s64" or "u64" or "b32" or "b64" or "u32"
        && operation.Name is "add" or "sub" or "mul" or "mad" or "mov" or "cvt" or "cvta" or "shl" && !operation.Has("hi");
}
