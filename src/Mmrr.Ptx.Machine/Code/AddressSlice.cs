namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Finds the sums, differences and products of signed 32-bit integers of which addresses are made. A value that is masked, divided, compared or loaded on
/// the way is another one: of those integers the overflow may be meant, as in a hash.
/// </summary>
internal static class AddressSlice
{
    public static void Mark(IReadOnlyList<Operation> operations, Definitions definitions)
    {
        var starts = operations.SelectMany((operation, n) =>
            operation.Arguments.Where(argument => argument is { Kind: ArgumentKind.Address, Register: not null }).Select(argument => (argument.Register!, n)));
        definitions.GoBack(starts, (_, made) =>
        {
            var maker = operations[made];
            if (!Carries(maker)) return [];
            maker.MakesAddress = maker.Words[^1] == "s32" && (maker.Name is "add" or "sub" || (maker.Name == "mul" && maker.Has("lo")));
            return maker.Sources.Where(source => !source.IsPredicate).Select(source => (source, made));
        });
    }

    private static bool Carries(Operation operation) => operation.Words[^1] is "s32" or "s64" or "u64" or "b32" or "b64" or "u32"
        && operation.Name is "add" or "sub" or "mul" or "mad" or "mov" or "cvt" or "cvta" or "shl" && !operation.Has("hi");
}
