using Mmrr.Ptx.Machine;
using Mmrr.Ptx.Machine.Faults;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr.Tests.Machine;

/// <summary>What the machine finds, each in the smallest kernel that does it, beside one that does it right.</summary>
[Collection(TestDevices.Beside)]
public class FaultTests
{
    private const string Address = "mul.wide.u32 %rd1, %r0, 4; add.u64 %rd2, %rd0, %rd1;";

    private const string Targets = "L_t: .branchtargets L_a, L_b, L_c;";

    private const string Shared = ".shared .align 16 .b8 tile[256]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd4, %rd3, %rd1;";

    public static TheoryData<PtxFaultKind, string, string> Kernels => new()
    {
        { PtxFaultKind.OutOfBounds, $"{Address} st.global.u32 [%rd2+132], %r0;", "byte 256 of data (256 bytes" },
        { PtxFaultKind.OutOfBounds, $"{Address} ld.global.u32 %r1, [%rd2+-4];", "lane 0: accesses 4 bytes" },
        { PtxFaultKind.OutOfBounds, $"{Shared} st.shared.u32 [%rd4+192], %r0;", "256 of shared memory" },
        { PtxFaultKind.OutOfBounds, ".local .align 4 .b8 own[8]; mov.u64 %rd1, own; st.local.u32 [%rd1+8], %r0;", "8 of local memory" },
        { PtxFaultKind.Misaligned, "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd0+8];", "16 bytes is no multiple of 16" },
        { PtxFaultKind.Unwritten, $"{Shared} ld.shared.u32 %r1, [%rd4];", "shared memory" },
        { PtxFaultKind.Unwritten, ".local .align 4 .b8 own[8]; mov.u64 %rd1, own; ld.local.u32 %r1, [%rd1+4];", "byte 4 of local memory" },
        { PtxFaultKind.RaceInWarp, $"{Shared} st.shared.u32 [%rd4], %r0; xor.b32 %r1, %r0, 1; mul.wide.u32 %rd1, %r1, 4; add.u64 %rd4, %rd3, %rd1; "
            + "ld.shared.u32 %r2, [%rd4];", "lane 1 of the same warp has written" },
        { PtxFaultKind.RaceInWarp, $"{Shared} st.shared.u32 [%rd3], %r0;", "writes what lane 0" },
        { PtxFaultKind.NotUniform, "setp.lt.u32 %p1, %r0, 7; @%p1 bra.uni L_1; add.s32 %r1, %r0, 1; L_1:", "0000007F of FFFFFFFF" },
        { PtxFaultKind.Barrier, "setp.lt.u32 %p1, %r0, 7; @%p1 bra L_1; bar.sync 0; L_1:", "lane 0 has returned" },
        { PtxFaultKind.Barrier, "setp.lt.u32 %p1, %r0, 7; @%p1 bra L_1; bar.sync 0; L_1: add.u32 %r1, %r0, 1;", "lane 0 is on another path, at PTX line 10" },
        { PtxFaultKind.Barrier, "setp.lt.u32 %p1, %r0, 7; @%p1 exit; bar.sync 0;", "lane 0 has returned" },
        { PtxFaultKind.WarpMask, "setp.lt.u32 %p1, %r0, 7; @%p1 bra L_1; shfl.sync.bfly.b32 %r1, %r0, 1, 31, -1; L_1:", "names lane 0" },
        { PtxFaultKind.WarpMask, "shfl.sync.idx.b32 %r1, %r0, 1, 31, 0xFFFF;", "with the mask 0000FFFF" },
        { PtxFaultKind.AddressOverflow, "add.s32 %r1, %r0, 0x7FFFFFFC; shl.b32 %r2, %r1, 1; mul.wide.u32 %rd1, %r2, 4; add.u64 %rd2, %rd0, %rd1; "
            + "ld.global.u32 %r3, [%rd2];", "lane 4: a 32-bit integer" },
        { PtxFaultKind.AddressOverflow, "mul.lo.s32 %r1, %r0, 0x20000000; mul.wide.u32 %rd1, %r1, 4; add.u64 %rd2, %rd0, %rd1; "
            + "ld.global.u32 %r3, [%rd2];", "lane 4" },
        { PtxFaultKind.Trap, "trap;", "trap" },
        { PtxFaultKind.BranchIndex, $"{Targets} brx.idx %r0, L_t; L_a: L_b: L_c:", "lane 3: the index 3 is none of the branch's 3 targets" },
        { PtxFaultKind.NotUniform, $"{Targets} and.b32 %r1, %r0, 1; brx.idx.uni %r1, L_t; L_a: L_b: L_c:", "lane 0 has the index 0, lane 1 1" },
        { PtxFaultKind.UnknownInstruction, "L_t: .branchtargets L_x; brx.idx %r0, L_t;", "there is no label 'L_x'" },
        { PtxFaultKind.OutOfBounds, ".local .align 4 .b8 a[8]; .local .align 4 .b8 b[8]; mov.u64 %rd1, a; mov.u64 %rd2, b; st.local.u32 [%rd1+8], %r0; "
            + "st.local.u32 [%rd2], %r0;", "between two variables" },
        { PtxFaultKind.UnknownInstruction, "wmma.load.a.sync %r1;", "PTX line 10 (wmma.load.a.sync)" },
        { PtxFaultKind.UnknownInstruction, "mov.u32 %r1, %clock;", "the machine has no clock" },
        { PtxFaultKind.Syntax, "add.s32 %r1 %r2, %r3;", "',' is expected" },
        { PtxFaultKind.Resources, ".shared .align 4 .b8 large[49156]; mov.u64 %rd3, large;", "49156 bytes of shared memory" },
    };

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_fault_is_found_and_says_where(PtxFaultKind kind, string body, string words)
    {
        using var run = new PtxRun(256).Written();
        var fault = run.Fault(body);
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_read_before_any_write_is_found_in_global_memory()
    {
        using var run = new PtxRun(256);
        Assert.Equal(PtxFaultKind.Unwritten, run.Fault($"{Address} ld.global.u32 %r1, [%rd2];").Kind);
        run.Run($"{Address} st.global.u32 [%rd2], %r0; ld.global.u32 %r1, [%rd2];");
    }

    [Theory]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; st.shared.u32 [%rd4], %r0; ld.shared.u32 %r1, [%rd5];", true)]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; ld.shared.u32 %r1, [%rd5];", false)]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; ld.shared.u32 %r1, [%rd5]; st.shared.u32 [%rd4], %r0;", true)]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.sync 0; ld.shared.u32 %r1, [%rd5]; bar.sync 0; st.shared.u32 [%rd4], %r0;", false)]
    [InlineData("st.shared.u32 [%rd4], %r0; st.shared.u32 [%rd5], %r0;", true)]
    public void Between_warps_a_barrier_orders(string accesses, bool races)
    {
        string body = ".shared .align 16 .b8 tile[256]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd4, %rd3, %rd1; "
            + $"xor.b32 %r1, %r0, 32; mul.wide.u32 %rd1, %r1, 4; add.u64 %rd5, %rd3, %rd1; {accesses}";
        using var run = new PtxRun(256).Written();
        if (races) Assert.Equal(PtxFaultKind.RaceInBlock, run.Fault(body, 64).Kind);
        else run.Run(body, 64);
    }

    [Theory]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.warp.sync -1; ld.shared.u32 %r1, [%rd5];", false)]
    [InlineData("st.shared.u32 [%rd4], %r0; shfl.sync.idx.b32 %r2, %r0, 0, 31, -1; ld.shared.u32 %r1, [%rd5];", true)]
    public void Between_lanes_a_warps_barrier_orders_and_a_shuffle_does_not(string accesses, bool races)
    {
        string body = ".shared .align 16 .b8 tile[256]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd4, %rd3, %rd1; "
            + $"xor.b32 %r1, %r0, 1; mul.wide.u32 %rd1, %r1, 4; add.u64 %rd5, %rd3, %rd1; {accesses}";
        using var run = new PtxRun(256).Written();
        if (races) Assert.Equal(PtxFaultKind.RaceInWarp, run.Fault(body).Kind);
        else run.Run(body);
    }

    [Theory]
    [InlineData("st.global.u32 [%rd2], %r0;", true)]
    [InlineData("ld.global.u32 %r1, [%rd2];", false)]
    [InlineData("red.global.add.u32 [%rd2], 1;", false)]
    [InlineData("red.global.add.u32 [%rd2], 1; ld.global.u32 %r1, [%rd2];", true)]
    [InlineData("ld.global.u32 %r1, [%rd2]; mov.u32 %r2, %ctaid.x; setp.eq.u32 %p1, %r2, 1; @%p1 st.global.u32 [%rd2], %r0;", true)]
    public void Blocks_race_in_global_memory(string accesses, bool races)
    {
        using var run = new PtxRun(256).Written();
        if (races) Assert.Equal(PtxFaultKind.RaceBetweenBlocks, run.Fault($"{Address} {accesses}", blocks: 2).Kind);
        else run.Run($"{Address} {accesses}", blocks: 2);
        // In one launch only: the next one finds all in order.
        run.Run($"{Address} st.global.u32 [%rd2], %r0;");
    }

    [Fact]
    public void Bytes_of_one_word_are_no_race()
    {
        using var run = new PtxRun(256).Written();
        run.Run("cvt.u64.u32 %rd1, %r0; add.u64 %rd2, %rd0, %rd1; cvt.u16.u32 %rs1, %r0; st.global.u8 [%rd2], %rs1;");
        Assert.Equal([.. Enumerable.Range(0, 32).Select(i => (byte)i)], run.Values<byte>()[..32].ToArray());
        Assert.Equal(PtxFaultKind.RaceInWarp, run.Fault("cvt.u16.u32 %rs1, %r0; st.global.u8 [%rd0], %rs1;").Kind);
    }

    [Fact]
    public void More_registers_than_a_thread_has_are_found()
    {
        // Alive over the end of a run: no order of the instructions helps.
        string Body(int count) => $".reg .b32 %q<{count}>; "
            + string.Concat(Enumerable.Range(0, count).Select(n => $"add.u32 %q{n}, %r0, {n}; ")) + "bar.sync 0; bra L_1; L_1: "
            + string.Concat(Enumerable.Range(0, count).Select(n => $"add.u32 %r1, %r1, %q{n}; "));
        using var run = new PtxRun(256).Written();
        run.Run($"mov.b32 %r1, 0; {Body(200)}");
        Assert.Contains("registers are alive at once", run.Fault($"mov.b32 %r1, 0; {Body(300)}").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_checks_races_and_unwritten_memory_go_unseen_and_bounds_do_not()
    {
        using var run = new PtxRun(256, isChecked: false);
        run.Run("ld.global.u32 %r1, [%rd0]; st.global.u32 [%rd0], %r0;");
        Assert.Equal(PtxFaultKind.OutOfBounds, run.Fault("ld.global.u32 %r1, [%rd0+256];").Kind);
    }

    [Theory]
    [InlineData("ld.global.u32 %r1, [%rd0];", "fnord %r1;", PtxFaultKind.UnknownInstruction)]
    [InlineData("ld.global.u32 %r1, [%rd0];", "mov.u32 %r1 7;", PtxFaultKind.Syntax)]
    [InlineData("ld.global.u32 %r1, [%rd0];", "mov.u32 %r1, %fnord;", PtxFaultKind.UnknownInstruction)]
    public void What_the_machine_does_not_know_names_the_kernel_and_the_line_of_the_source(string right, string wrong, PtxFaultKind kind)
    {
        using var memory = new GlobalMemory();
        string text = PtxRun.Entry($".loc 1 42 7\n{right}\n{wrong}").Replace(".visible", ".file 1 \"Kernel.cs\"\n.visible", StringComparison.Ordinal);
        var fault = Assert.Throws<PtxFaultException>(() => new PtxKernel(text, memory, title: "Sample.Kernel"));
        Assert.Equal(kind, fault.Kind);
        Assert.StartsWith("Sample.Kernel (kernel), PTX line 13", fault.Message, StringComparison.Ordinal);
        Assert.Contains(", Kernel.cs:42: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_does_not_end_is_ended()
    {
        using var run = new PtxRun(256) { MostInstructions = 1000 };
        var fault = run.Fault("L_1: add.u32 %r1, %r1, 1; bra L_1;");
        Assert.Equal(PtxFaultKind.Endless, fault.Kind);
        Assert.Contains("executed more than 1,000 instructions in this block, the limit, which ptx,limit=N sets", fault.Message, StringComparison.Ordinal);
        // 2 before the loop, 3 a turn, 1 behind it: the limit is of each warp and block, not of all together.
        string Turns(int count) => $"mov.u32 %r1, 0; L_1: add.u32 %r1, %r1, 1; setp.lt.u32 %p1, %r1, {count}; @%p1 bra L_1;";
        run.Run(Turns(330), threads: 128, blocks: 4);
        Assert.Equal(PtxFaultKind.Endless, run.Fault(Turns(340), threads: 128, blocks: 4).Kind);
    }

    [Fact]
    public void A_guess_that_an_exchange_compares_races_with_plain_stores_alone()
    {
        const string Loop = "ld.global.u32 %r2, [%rd0]; L_1: mov.b32 %r3, %r2; add.u32 %r4, %r3, 1; atom.global.cas.b32 %r2, [%rd0], %r3, %r4; "
            + "setp.ne.u32 %p1, %r2, %r3; @%p1 bra L_1;";
        using var run = new PtxRun(256).Written();
        run.Run(Loop, threads: 64, blocks: 2);
        Assert.Equal(128, run.Values<int>()[0]);
        Assert.Equal(PtxFaultKind.RaceInWarp, run.Fault($"setp.eq.u32 %p2, %r0, 0; @%p2 st.global.u32 [%rd0], 7; {Loop}").Kind);
        // Of another place it is no guess.
        Assert.Equal(
            PtxFaultKind.RaceInWarp,
            run.Fault(Loop.Replace("ld.global.u32 %r2, [%rd0]", "ld.global.u32 %r2, [%rd0+4]; red.global.add.u32 [%rd0+4], 1", StringComparison.Ordinal)).Kind);
    }

    [Fact]
    public void A_register_that_serves_an_address_later_may_overflow_before()
    {
        using var run = new PtxRun(256).Written();
        run.Run("add.s32 %r1, %r0, 0x7FFFFFFC; xor.b32 %r2, %r1, 5; add.s32 %r1, %r0, 1; mul.wide.u32 %rd1, %r1, 4; add.u64 %rd2, %rd0, %rd1; "
            + "ld.global.u32 %r3, [%rd2];");
    }

    [Fact]
    public void A_fault_names_the_line_of_the_source()
    {
        using var run = new PtxRun(256);
        string text = PtxRun.Entry(".loc 1 42 7\nld.global.u32 %r1, [%rd0];").Replace(".visible", ".file 1 \"Kernel.cs\"\n.visible", StringComparison.Ordinal);
        var fault = Assert.Throws<PtxFaultException>(() => run.RunText(text, threads: 64, blocks: 2));
        Assert.StartsWith("kernel, PTX line 12 (ld.global.u32), Kernel.cs:42, block (0, 0, 0), warp 0, lane 0: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal(12, fault.Line);
    }
}
