using Mmrr.Ptx.Machine.Control;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Text;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Makes a <see cref="DecodedKernel"/> of an entry.</summary>
internal static unsafe class ProgramBuilder
{
    /// <summary>Decodes the entry of this name, or the only one.</summary>
    /// <param name="module">The text.</param>
    /// <param name="name">The entry's name, or null.</param>
    /// <param name="title">What messages call it, or null.</param>
    /// <param name="globals">The address of a variable in global or constant memory.</param>
    public static DecodedKernel Build(PtxModule module, string? name, string? title, Func<PtxVariable, long> globals)
    {
        var entries = module.Functions.FindAll(function => function.IsEntry && (name is null || function.Name == name));
        if (entries.Count != 1)
        {
            string which = name is null ? "entries, exactly one is expected where none is named" : $"entries '{name}'";
            throw new PtxFaultException(PtxFaultKind.Syntax, $"the PTX has {entries.Count} {which}", 0);
        }
        title = title is null ? entries[0].Name : $"{title} ({entries[0].Name})";
        var flat = Flattening.Of(module, entries[0], title, globals);
        var operations = flat.Operations;
        var graph = new FlowGraph(operations);
        var definitions = new Definitions(operations, graph);
        AddressSlice.Mark(operations, definitions);
        ExpectedLoads.Mark(operations, definitions);
        var plan = new RegisterPlan(operations, graph);

        // A run begins with an instruction of its own, a predicate has one before its instruction, and the kernel ends.
        var places = new int[operations.Count + 1];
        int count = 0;
        for (int n = 0; n < operations.Count; n++)
        {
            places[n] = count;
            if (n == graph.Start(graph.RunOf(n))) count++;
            count += IsGuarded(operations[n]) ? 2 : 1;
        }
        places[operations.Count] = count++;
        var program = new DecodedKernel(entries[0].Name, title, count)
        {
            LocalBytes = flat.LocalBytes,
            SharedBytes = flat.SharedBytes,
            ParameterBytes = flat.ParameterBytes,
            MostThreads = entries[0].MostThreads,
            LiveRegisters = plan.MostAlive,
        };
        program.SharedGaps.AddRange(flat.SharedGaps);
        program.LocalGaps = new bool[(flat.LocalBytes / 4) + 1];
        foreach (var (from, to) in flat.LocalGaps) program.LocalGaps.AsSpan(from / 4, (to - from) / 4).Fill(true);
        var written = new Dictionary<int, int>();
        var addresses = new AddressOrigin(operations, definitions);
        program.AddressParameters = index => written.TryGetValue(index, out int operation) ? addresses.Parameters(operation) : [];
        var emission = new Emission(program, plan);
        int at = 0;
        for (int n = 0; n < operations.Count; n++)
        {
            var operation = operations[n];
            int run = graph.RunOf(n);
            var origin = new Origin(operation.Written.Opcode, operation.Written.Line, operation.Written.Source);
            if (n == graph.Start(run))
            {
                if (graph.Returns(run)) program.Returns.Add(at);
                program.Runs.Add(new StraightRun(at, places[graph.End(run)]));
                Place(program, at++, origin, &FlowHandlers.Enter).Constant = graph.End(run) - graph.Start(run);
            }
            emission.Operation = operation;
            if (IsGuarded(operation))
            {
                program.IsBetween[at] = true;
                ref var guarded = ref Place(program, at++, origin, &FlowHandlers.Guarded);
                (guarded.A, guarded.Flag) = (emission.SourceOf(operation.Guard!, 0), operation.Guard!.IsNegated);
            }
            written[at] = n;
            ref var instruction = ref Place(program, at++, origin, &FlowHandlers.Nothing);
            InstructionSet.Decode(emission, ref instruction);
            if (operation.Targets.Count == 0) continue;
            instruction.Target = program.Instructions + places[operation.Targets[0]];
            if (operation.Name == "brx") instruction.More = program.Operands([operation.Targets.Count, .. operation.Targets.Select(target => places[target])]);
            int meeting = graph.Meeting(run);
            instruction.Meeting = meeting == graph.Count ? null : program.Instructions + places[graph.Start(meeting)];
        }
        program.Returns.Add(at);
        ref var end = ref Place(program, at, new Origin("the end", 0, null), &FlowHandlers.Exit);
        end.A = -1;
        program.RegisterBytes = plan.Bytes;
        return program;
    }

    private static bool IsGuarded(Operation operation) => operation.Guard is not null && !operation.EndsRun;

    private static ref Instruction Place(DecodedKernel program, int at, Origin origin, delegate*<Warp, Instruction*, Instruction*> run)
    {
        program.Origins[at] = origin;
        ref var instruction = ref program.Instructions[at];
        instruction.Index = at;
        instruction.Run = run;
        return ref instruction;
    }
}
