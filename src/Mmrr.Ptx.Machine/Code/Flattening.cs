using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>
/// An entry's instructions with all names resolved. A function is set in where it is called, with registers and local memory of its own; its parameters are
/// the caller's variables. So there is no recursion, and no call through a pointer.
/// </summary>
internal sealed class Flattening
{
    private const int DeepestCalls = 64;
    private const int LocalGuard = 16;

    private readonly PtxModule _module;
    private readonly string _title;
    private readonly Func<PtxVariable, long> _globals;
    private readonly Dictionary<PtxVariable, long> _shared = [];
    private int _registers;

    private Flattening(PtxModule module, string title, Func<PtxVariable, long> globals) => (_module, _title, _globals) = (module, title, globals);

    public List<Operation> Operations { get; } = [];

    public int LocalBytes { get; private set; }

    public int SharedBytes { get; private set; }

    public int ParameterBytes { get; private set; }

    /// <summary>Bytes of shared memory between two variables, which none has: first and end.</summary>
    public List<(int First, int End)> SharedGaps { get; } = [];

    /// <summary>The same of local memory.</summary>
    public List<(int First, int End)> LocalGaps { get; } = [];

    /// <summary>Flattens an entry.</summary>
    /// <param name="module">The text.</param>
    /// <param name="entry">Its entry.</param>
    /// <param name="title">What messages call it.</param>
    /// <param name="globals">The address of a variable in global or constant memory.</param>
    public static Flattening Of(PtxModule module, PtxFunction entry, string title, Func<PtxVariable, long> globals)
    {
        var flattening = new Flattening(module, title, globals);
        var frame = new Frame(entry);
        foreach (var variable in entry.Parameters.Cast<PtxVariable>())
        {
            int at = Align(flattening.ParameterBytes, variable.Alignment);
            flattening.ParameterBytes = at + (int)variable.Bytes;
            frame.Names[variable] = Address(PtxSpace.Param, at);
        }
        foreach (var variable in module.Variables.Where(v => v.Space == PtxSpace.Shared)) flattening.Share(variable);
        flattening.Add(frame, 0);
        return flattening;
    }

    private static Argument Address(PtxSpace space, long at) => new(ArgumentKind.Constant) { Bits = (ulong)at, Space = space };

    private static int Align(int value, int alignment) => (value + Math.Max(alignment, 1) - 1) / Math.Max(alignment, 1) * Math.Max(alignment, 1);

    private void Add(Frame frame, int depth)
    {
        var body = frame.Function.Body;
        var starts = new int[body.Count + 1];
        var branches = new List<(Operation Branch, IReadOnlyList<int> Labels)>();
        for (int n = 0; n < body.Count; n++)
        {
            starts[n] = Operations.Count;
            var written = body[n];
            if (written.Name == "call")
            {
                Call(frame, written, depth);
                continue;
            }
            var guard = written.Guard is { } condition ? Resolve(frame, written, condition) : null;
            bool returns = written.Name == "ret" && !frame.Function.IsEntry;
            var operation = new Operation(
                returns ? written with { Opcode = "bra", Operands = [] } : written, guard,
                returns ? [] : [.. written.Operands.Select(operand => Resolve(frame, written, operand))]);
            if (returns) branches.Add((operation, [body.Count]));
            else if (written.Name is "bra" or "brx") branches.Add((operation, LabelsOf(operation)));
            Operations.Add(operation);
        }
        starts[body.Count] = Operations.Count;
        foreach (var (branch, labels) in branches) branch.Targets = [.. labels.Select(label => starts[label])];
    }

    private IReadOnlyList<int> LabelsOf(Operation branch)
    {
        int at = branch.Name == "bra" ? 0 : 1;
        return branch.Arguments.Count == at + 1 && branch.Arguments[at].Kind == ArgumentKind.Labels
            ? branch.Arguments[at].Labels
            : throw Refuse(branch.Written, at == 0 ? "a label is expected" : "an index and a list of labels (.branchtargets) are expected");
    }

    private void Call(Frame frame, PtxInstruction call, int depth)
    {
        var operands = call.Operands;
        int at = operands[0].Kind == PtxOperandKind.List ? 1 : 0;
        IReadOnlyList<PtxOperand> results = at == 1 ? operands[0].Items : [];
        string name = operands[at].Name;
        IReadOnlyList<PtxOperand> given = operands.Count > at + 1 ? operands[at + 1].Items : [];
        var function = _module.Functions.Find(f => f.Name == name && !f.IsEntry) ?? throw Refuse(call, $"the function {name} is not in the text");
        if (function.IsExternal)
        {
            throw Refuse(call, name == "vprintf"
                ? "printf is left out: its text is for a host that reads a card's buffer, and what it prints is no result; return values instead"
                : $"the function {name} is declared only: its code is not in the text");
        }
        if (depth == DeepestCalls) throw Refuse(call, $"calls are more than {DeepestCalls} deep: recursion is not supported");
        if (call.Guard is not null) throw Refuse(call, "a call under a predicate is not supported");
        var callee = new Frame(function);
        var copies = new List<(Argument To, Argument From, int Bits)>();
        for (int n = 0; n < function.Parameters.Count; n++) Bind(callee, function.Parameters[n], Resolve(frame, call, given[n]), isResult: false);
        for (int n = 0; n < function.Results.Count; n++) Bind(callee, function.Results[n], Resolve(frame, call, results[n]), isResult: true);
        Add(callee, depth + 1);
        foreach (var (to, from, bits) in copies) Operations.Add(Copy(call, to, from, bits));

        void Bind(Frame into, PtxSymbol parameter, Argument argument, bool isResult)
        {
            if (parameter is not PtxRegister register)
            {
                into.Names[parameter] = argument;
                return;
            }
            var own = new Argument(ArgumentKind.Register) { Register = new Register(_registers++, register.Bits) };
            into.Names[parameter] = own;
            if (isResult) copies.Add((argument, own, register.Bits));
            else Operations.Add(Copy(call, own, argument, register.Bits));
        }
    }

    private static Operation Copy(PtxInstruction call, Argument to, Argument from, int bits) =>
        new(call with { Opcode = bits == 1 ? "mov.pred" : $"mov.b{bits}", Operands = [] }, null, [to, from]);

    private Argument Resolve(Frame frame, PtxInstruction at, PtxOperand operand)
    {
        switch (operand.Kind)
        {
            case PtxOperandKind.Number:
                return new Argument(ArgumentKind.Constant) { Bits = operand.Bits, IsFraction = operand.Fraction };
            case PtxOperandKind.List:
                return new Argument(ArgumentKind.List) { Items = [.. operand.Items.Select(item => Resolve(frame, at, item))] };
            case PtxOperandKind.Address:
                var based = operand.Name.Length == 0
                    ? new Argument(ArgumentKind.Constant) { Bits = operand.Bits }
                    : Name(frame, at, operand.Name);
                return based with
                {
                    Kind = ArgumentKind.Address,
                    Bits = (based.Register is null ? based.Bits : 0) + (ulong)operand.Offset,
                };
            default:
                return Name(frame, at, operand.Name) with { IsNegated = operand.Negated };
        }
    }

    private Argument Name(Frame frame, PtxInstruction at, string name)
    {
        var symbol = at.Scope.Find(name);
        switch (symbol)
        {
            case null when name.StartsWith('%'):
                return new Argument(ArgumentKind.Special) { Special = name };
            case null when name == "WARP_SZ":
                return new Argument(ArgumentKind.Constant) { Bits = Execution.Warp.Size };
            case null:
                throw Refuse(at, $"the name '{name}' is not declared");
            case PtxLabel label:
                return new Argument(ArgumentKind.Labels) { Labels = [label.Index] };
            case PtxBranchTargets targets:
                return new Argument(ArgumentKind.Labels)
                {
                    Labels = [.. targets.Labels.Select(each => (at.Scope.Find(each) as PtxLabel)?.Index ?? throw Refuse(at, $"there is no label '{each}'"))],
                };
        }
        if (frame.Names.TryGetValue(symbol, out var known)) return known;
        return frame.Names[symbol] = symbol is PtxRegister register
            ? new Argument(ArgumentKind.Register) { Register = new Register(_registers++, register.Bits) }
            : Place((PtxVariable)symbol);
    }

    private Argument Place(PtxVariable variable)
    {
        switch (variable.Space)
        {
            case PtxSpace.Shared:
                return Address(PtxSpace.Shared, Share(variable));
            case PtxSpace.Global or PtxSpace.Const:
                return Address(variable.Space, _globals(variable));
            default:
                // A function's parameters are made by its caller, in memory of the thread's own.
                // An index that is off by some is in no other variable.
                int at = Align(LocalBytes + (LocalBytes == 0 ? 0 : LocalGuard), variable.Alignment);
                if (at > LocalBytes) LocalGaps.Add((LocalBytes, at));
                LocalBytes = Align(at + (int)variable.Bytes, 4);
                return Address(PtxSpace.Local, at);
        }
    }

    private long Share(PtxVariable variable)
    {
        if (_shared.TryGetValue(variable, out long known)) return known;
        int at = Align(SharedBytes, Math.Max(variable.Alignment, 16));
        if (at > SharedBytes) SharedGaps.Add((SharedBytes, at));
        // The launch says how long a variable without a length is: it begins where the others end.
        SharedBytes = at + (int)Math.Max(variable.Bytes, 0);
        return _shared[variable] = at;
    }

    private PtxFaultException Refuse(PtxInstruction at, string what) =>
        new(PtxFaultKind.UnknownInstruction, $"{PtxFaultException.Place(_title, at.Line, at.Opcode, at.Source)}: {what}", at.Line);

    private sealed class Frame(PtxFunction function)
    {
        public PtxFunction Function { get; } = function;

        public Dictionary<PtxSymbol, Argument> Names { get; } = [];
    }
}
