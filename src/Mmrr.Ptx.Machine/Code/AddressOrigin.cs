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
        var seen = new HashSet<(Register Register, int Maker)>();
        var open = new Stack<(Register Register, int Before)>();
        Follow(operations[access].Arguments.Where(argument => argument.Kind == ArgumentKind.Address), access);
        while (open.TryPop(out var at))
        {
            foreach (int maker in definitions.Of(at.Register, at.Before))
            {
                if (!seen.Add((at.Register, maker))) continue;
                var operation = operations[maker];
                if (operation.Name == "ld") Load(operation, at.Register);
                else Follow(operation.Arguments.Skip(1), maker);
            }
        }
        return [.. found];

        void Follow(IEnumerable<Argument> arguments, int before)
        {
            foreach (var register in arguments.SelectMany(argument => argument.Registers)) if (register.Bits == 64) open.Push((register, before));
        }

        void Load(Operation load, Register register)
        {
            var from = load.Arguments[1];
            if (from.Register is not null || !load.Has("param")) return;
            int element = load.Arguments[0].Registers.ToList().IndexOf(register);
            ulong slot = from.Bits + (ulong)(sizeof(long) * element);
            if (from.Space == PtxSpace.Param)
            {
                found.Add((int)slot);
                return;
            }
            // A parameter of a function that was called: what the caller stored there.
            for (int n = 0; n < operations.Count; n++)
            {
                var to = operations[n].Name == "st" ? operations[n].Arguments[0] : null;
                if (to is { Register: null, Space: PtxSpace.Local } && to.Bits == slot) Follow(operations[n].Arguments.Skip(1), n);
            }
        }
    }
}
