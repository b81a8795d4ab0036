using Mmrr.Ptx.Machine.Control;
using Mmrr.Ptx.Machine.Execution;

namespace Mmrr.Ptx.Machine.Code;

/// <summary>Decodes branches, barriers, and what the lanes of a warp do together.</summary>
internal static unsafe class FlowDecoding
{
    public static void Branch(Emission e, ref Instruction i)
    {
        if (e.Operation.Guard is not { } guard)
        {
            i.Run = &FlowHandlers.Jump;
            return;
        }
        i.Run = &FlowHandlers.Branch;
        (i.A, i.Flag, i.Signed) = (e.SourceOf(guard, 0), guard.IsNegated, e.Has("uni"));
    }

    /// <summary>A branch to one of several places: a C# <c>switch</c>.</summary>
    public static void IndexedBranch(Emission e, ref Instruction i)
    {
        if (!e.Has("idx")) throw e.Unknown();
        i.Run = &FlowHandlers.IndexedBranch;
        (i.A, i.B, i.Signed) = (-1, e.Source(0, 4), e.Has("uni"));
        if (e.Operation.Guard is { } guard) (i.A, i.Flag) = (e.SourceOf(guard, 0), guard.IsNegated);
    }

    public static void Exit(Emission e, ref Instruction i)
    {
        i.Run = &FlowHandlers.Exit;
        i.A = -1;
        if (e.Operation.Guard is { } guard) (i.A, i.Flag) = (e.SourceOf(guard, 0), guard.IsNegated);
    }

    public static void Trap(Emission e, ref Instruction i) => i.Run = &FlowHandlers.Trap;

    public static void Nothing(Emission e, ref Instruction i) => i.Run = &FlowHandlers.Nothing;

    public static void Barrier(Emission e, ref Instruction i)
    {
        if (e.Has("warp"))
        {
            i.Run = &WarpHandlers.WarpBarrier;
            i.More = e.Program.Operands(e.Source(0, 4));
            return;
        }
        if (e.Operation.Guard is not null || e.Has("arrive")) throw e.Unknown();
        i.Run = &WarpHandlers.Barrier;
        int at = 0;
        if (e.Has("red"))
        {
            i.Bytes = (byte)(e.Has("and") ? 1 : e.Has("or") ? 2 : e.Has("popc") ? 3 : throw e.Unknown());
            i.D = e.Result();
            (i.A, i.Flag) = (e.Predicate(e.Count - 1), e[e.Count - 1].IsNegated);
            at = 1;
        }
        // A barrier for some of the block's threads has their number behind its own.
        if (e[at].Kind != ArgumentKind.Constant || e.Count > (e.Has("red") ? 3 : 1)) throw e.Unknown();
        i.Constant = (long)e[at].Bits;
    }

    public static void Shuffle(Emission e, ref Instruction i)
    {
        if (!e.Has("sync")) throw e.Unknown();
        i.Run = &WarpHandlers.Shuffle;
        i.Elements = (byte)(e.Has("up") ? WarpHandlers.Up
            : e.Has("down") ? WarpHandlers.Down
            : e.Has("bfly") ? WarpHandlers.Butterfly
            : e.Has("idx") ? WarpHandlers.Index
            : throw e.Unknown());
        bool tells = e[0].Kind == ArgumentKind.List;
        i.D = e.ResultOf(tells ? e[0].Items[0] : e[0]);
        (i.A, i.B, i.C) = (e.Source(1, 4), e.Source(2, 4), e.Source(3, 4));
        i.More = e.Program.Operands(e.Source(4, 4), tells ? e.ResultOf(e[0].Items[1]) : -1);
    }

    public static void Vote(Emission e, ref Instruction i)
    {
        if (!e.Has("sync")) throw e.Unknown();
        i.Run = &WarpHandlers.Vote;
        i.Elements = (byte)(e.Has("all") ? 0 : e.Has("any") ? 1 : e.Has("uni") ? 2 : e.Has("ballot") ? 3 : throw e.Unknown());
        (i.D, i.A, i.Flag) = (e.Result(), e.Predicate(1), e[1].IsNegated);
        i.More = e.Program.Operands(e.Source(2, 4));
    }

    public static void ActiveMask(Emission e, ref Instruction i)
    {
        i.Run = &WarpHandlers.ActiveMask;
        i.D = e.Result();
    }

    public static void MatrixProduct(Emission e, ref Instruction i)
    {
        if (e.Operation.Written.Opcode != "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32") throw e.Unknown();
        int[] counts = [4, 4, 2, 4];
        for (int n = 0; n < counts.Length; n++)
        {
            if (e[n].Items.Count != counts[n]) throw e.Refuse($"operand {n} has {e[n].Items.Count} registers, expected {counts[n]}");
        }
        int[] places = [.. e[0].Items.Select(e.ResultOf), .. e.Operation.Arguments.Skip(1).SelectMany(a => a.Items).Select(item => e.SourceOf(item, 4))];
        i.Run = &MatrixHandlers.MultiplyTf32;
        i.More = e.Program.Operands(places);
    }
}
