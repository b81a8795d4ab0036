using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>Atomic operations among plain accesses, and what a barrier of the warp orders, word by word and as vectors.</summary>
[Collection(TestDevices.Beside)]
public class OrderTests
{
    // p1: the first thread, p2: the block's last, p3: the first warp's last, p4: the second block, p5: the first half of the warp.
    private const string Places = "setp.eq.u32 %p1, %r0, 0; setp.eq.u32 %p2, %r0, 63; setp.eq.u32 %p3, %r0, 31; mov.u32 %r9, %ctaid.x; "
        + "setp.eq.u32 %p4, %r9, 1; setp.lt.u32 %p5, %r0, 16; .shared .align 16 .b8 tile[1024]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, 4; "
        + "add.u64 %rd4, %rd3, %rd1; mul.wide.u32 %rd5, %r0, 16; add.u64 %rd6, %rd3, %rd5; ";

    private const string Add = "red.global.add.u32 [%rd0], 1;";

    [Theory]
    // A counter that a thread sets and all change, without a barrier between.
    [InlineData("@%p1 st.global.u32 [%rd0], 0; " + Add, 32, 1, "RaceInWarp lane 1")]
    [InlineData("@%p1 st.global.u32 [%rd0], 0; bar.warp.sync -1; " + Add, 32, 1, null)]
    [InlineData("@%p1 st.global.u32 [%rd0], 0; bar.warp.sync -1; " + Add, 64, 1, "RaceInBlock lane 0")]
    [InlineData("@%p1 st.global.u32 [%rd0], 0; bar.sync 0; " + Add, 64, 1, null)]
    [InlineData("@%p1 st.global.u32 [%rd0], 0; @%p1 " + Add + " bar.sync 0; @%p1 ld.global.u32 %r1, [%rd0];", 64, 1, null)]
    [InlineData("@%p1 st.global.u32 [%rd0], 0; @%p1 " + Add + " bar.sync 0; @%p1 " + Add, 64, 2, "RaceBetweenBlocks lane 0")]
    // A counter that one block sets for itself: the others do not wait for it. In shared memory each block has its own.
    [InlineData("not.pred %p6, %p4; and.pred %p6, %p6, %p1; @%p6 st.global.u32 [%rd0], 0; bar.sync 0; " + Add, 64, 2, "RaceBetweenBlocks lane 0")]
    [InlineData("not.pred %p6, %p4; and.pred %p6, %p6, %p1; @%p6 st.global.u32 [%rd0], 0; bar.sync 0; " + Add + " bar.sync 0; " + Add, 64, 2,
        "RaceBetweenBlocks lane 0")]
    [InlineData("@%p1 st.shared.u32 [%rd3], 0; bar.sync 0; red.shared.add.u32 [%rd3], 1; red.shared.add.u32 [%rd3], 1;", 64, 2, null)]
    // The last of those that change it reads it.
    [InlineData(Add + " @%p3 ld.global.u32 %r1, [%rd0];", 32, 1, "RaceInWarp lane 31")]
    [InlineData(Add + " @%p2 ld.global.u32 %r1, [%rd0];", 64, 1, "RaceInBlock lane 31")]
    [InlineData(Add + " bar.warp.sync -1; @%p2 ld.global.u32 %r1, [%rd0];", 64, 1, "RaceInBlock lane 31")]
    [InlineData(Add + " bar.warp.sync -1; @%p3 ld.global.u32 %r1, [%rd0];", 32, 1, null)]
    [InlineData(Add + " bar.sync 0; ld.global.u32 %r1, [%rd0];", 64, 1, null)]
    [InlineData(Add + " bar.sync 0; @%p4 ld.global.u32 %r1, [%rd0];", 64, 2, "RaceBetweenBlocks lane 0")]
    [InlineData("@%p1 " + Add + " @%p1 ld.global.u32 %r1, [%rd0];", 32, 1, null)]
    [InlineData(Add, 64, 2, null)]
    // What lanes read before the warp's barrier one of them reads and writes behind it.
    [InlineData("st.shared.u32 [%rd4], %r0; bar.warp.sync -1; ld.shared.u32 %r1, [%rd3+124]; bar.warp.sync -1; ld.shared.u32 %r2, [%rd4]; "
        + "st.shared.u32 [%rd4], %r2;", 32, 1, null)]
    [InlineData("st.shared.v4.u32 [%rd6], {%r0, %r0, %r0, %r0}; bar.warp.sync -1; ld.shared.v4.u32 {%r1, %r2, %r3, %r4}, [%rd3+496]; bar.warp.sync -1; "
        + "ld.shared.v4.u32 {%r1, %r2, %r3, %r4}, [%rd6]; st.shared.v4.u32 [%rd6], {%r1, %r2, %r3, %r4};", 32, 1, null)]
    [InlineData("st.shared.u32 [%rd4], %r0; bar.warp.sync -1; ld.shared.u32 %r1, [%rd3+124]; ld.shared.u32 %r2, [%rd4]; "
        + "st.shared.u32 [%rd4], %r2;", 32, 1, "RaceInWarp lane 31")]
    // A barrier of half of a warp, which the machine cannot keep apart from one of all; and one of the half that is left.
    [InlineData("st.shared.u32 [%rd4], %r0; @!%p5 bra L_1; bar.warp.sync 0xFFFF; ld.shared.u32 %r1, [%rd4+64]; L_1:", 32, 1, "UnknownInstruction lane 0")]
    [InlineData("st.shared.u32 [%rd4], %r0; @!%p5 exit; bar.warp.sync 0xFFFF; ld.shared.u32 %r1, [%rd4];", 32, 1, null)]
    public void Only_a_barrier_of_those_concerned_orders(string accesses, int threads, int blocks, string? expected)
    {
        using var run = new PtxRun(256).Written();
        if (expected is null)
        {
            run.Run(Places + accesses, threads, blocks);
            return;
        }
        var fault = Assert.Throws<PtxFaultException>(() => run.Run(Places + accesses, threads, blocks));
        Assert.Equal(expected, $"{fault.Kind} lane {fault.Message.Split(", lane ")[1].Split(':')[0]}");
    }
}
