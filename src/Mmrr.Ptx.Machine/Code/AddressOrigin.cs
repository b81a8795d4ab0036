using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// Finds the kernel's parameters of which an address is made, back from the access through all that may have written its 64-bit registers: for the message of
/// an access that is out of bounds. A pointer that is itself read from memory has none.
/// </summary>
internal sealed class AddressOrigin(IReadOnlyList<Operation> operations, Definitions definitions)
{
    /// <summary>The offsets of 8-byte parameters, in their order.</summary>
    /// <param name="access">The index of the operation that accesses memory.</param>
    public IReadOnlyList<int> Parameters(int access)
    {
        var found = new SortedSet<int>();
        definitions.GoBack(
            Pointers(operations[access].Arguments.Where(argument => argument.Kind == ArgumentKind.Address), access), (register, maker) =>
            operations[maker].Name == "ld" ? Loaded(operations[maker], register) : Pointers(operations[maker].Arguments.Skip(1), maker));
        return [.. found];

        IEnumerable<(Register Register, int Before)> Pointers(IEnumerable<Argument> arguments, int before) =>
            arguments.SelectMany(argument => argument.Registers).Where(register => register.Bits == 64).Select(register => (register, before));

        IEnumerable<(Register Register, int Before)> Loaded(Operation load, Register register)
        {
            var from = load.Arguments[1];
            if (from.Register is not null || !load.Has("param")) return [];
            int element = load.Arguments[0].Registers.ToList().IndexOf(register);
            ulong slot = from.Bits + (ulong)(sizeof(long) * element);
            if (from.Space == PtxSpace.Param)
            {
                found.Add((int)slot);
                return [];
            }
            // A parameter of a function that was called: what the caller stored there.
            return operations.SelectMany((operation, n) =>
                operation is { Name: "st", Arguments: [{ Register: null, Space: PtxSpace.Local } to, ..] } && to.Bits == slot
                    ? Pointers(operation.Arguments.Skip(1), n)
                    : []);
        }
    }
}
