using Mmrr.Ptx.Machine.Counting;

namespace Mmrr.Tests.Machine;

/// <summary>What the machine counts, on kernels whose figures follow from a few lines of arithmetic.</summary>
[Collection(TestDevices.Beside)]
public class CountTests
{
    [Theory]
    [InlineData(4, 4, 0)] // neighbours: 32 lanes · 4 bytes / 32 bytes
    [InlineData(16, 16, 0)]
    [InlineData(128, 32, 0)] // a sector for each lane
    public void Sectors_of_a_request_follow_from_the_distance_of_the_lanes(int stride, int sectors, int conflicts)
    {
        var counts = Run($"mul.wide.u32 %rd1, %r0, {stride}; add.u64 %rd2, %rd0, %rd1; ld.global.u32 %r1, [%rd2];");
        Assert.Equal((1L, (long)sectors, (long)conflicts), (counts.GlobalRequests, counts.Sectors, counts.BankConflicts));
        Assert.Equal((128L, 32L * sectors), (counts.LoadedBytes, counts.MemoryBytes));
    }

    // Of a tile of 32 floats a row, a column lies in one bank: 31 turns too many. One float more a row, and it lies in all.
    [Theory]
    [InlineData(128, 31)]
    [InlineData(132, 0)]
    public void A_padded_tile_has_no_bank_conflicts(int row, int conflicts)
    {
        var counts = Run($".shared .align 16 .b8 tile[4224]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, {row}; add.u64 %rd4, %rd3, %rd1; "
            + "st.shared.u32 [%rd4], %r0;");
        Assert.Equal((1, 1 + conflicts, conflicts), (counts.SharedRequests, counts.SharedTurns, counts.BankConflicts));
    }

    [Fact]
    public void Sixteen_bytes_a_lane_take_four_turns_without_conflicts()
    {
        var counts = Run(".shared .align 16 .b8 tile[512]; mov.u64 %rd3, tile; mul.wide.u32 %rd1, %r0, 16; add.u64 %rd4, %rd3, %rd1; "
            + "st.shared.v4.u32 [%rd4], {%r0, %r0, %r0, %r0};");
        Assert.Equal((4, 0), (counts.SharedTurns, counts.BankConflicts));
    }

    [Fact]
    public void Lanes_that_wait_lower_the_efficiency()
    {
        // The parameter, the thread, the comparison, the branch and the return by all, two by a quarter of the lanes.
        var counts = Run("setp.lt.u32 %p1, %r0, 8; @!%p1 bra L_1; add.f32 %f1, %f2, %f3; fma.rn.f32 %f1, %f2, %f3, %f1; L_1:");
        Assert.Equal(1, counts.DivergedBranches);
        Assert.Equal(8 * 3, counts.FloatOperations);
        Assert.Equal((7, (5 * 32) + (2 * 8)), (counts.WarpInstructions, counts.ThreadInstructions));
        Assert.Equal([(uint.MaxValue, 4), (0xFFu, 2), (uint.MaxValue, 1)], counts.Timeline.Select(run => (run.Lanes, run.Instructions - 1)));
    }

    [Fact]
    public void The_cache_keeps_what_fits()
    {
        string body = "mul.wide.u32 %rd1, %r0, 32; add.u64 %rd2, %rd0, %rd1; ld.global.u32 %r1, [%rd2]; ld.global.u32 %r1, [%rd2];";
        var large = Run(body);
        Assert.Equal((32 * 32, 32 * 32), (large.MemoryBytes, large.CachedBytes));
        // One set of 16 sectors for 32 in turn: each is gone when it is wanted again.
        var small = Run(body, new KernelCounts(16 * 32));
        Assert.Equal((2 * 32 * 32, 0), (small.MemoryBytes, small.CachedBytes));
    }

    [Fact]
    public void A_card_is_bound_by_its_slowest_limit()
    {
        var card = Card.Of("h100");
        var loads = Run("mul.wide.u32 %rd1, %r0, 128; add.u64 %rd2, %rd0, %rd1; ld.global.u32 %r1, [%rd2];");
        Assert.Equal("memory", card.Times(loads)[0].Limit);
        var sums = Run(string.Concat(Enumerable.Repeat("add.f32 %f1, %f2, %f3; ", 100)));
        Assert.Equal("issue rate", card.Times(sums)[0].Limit);
        Assert.Equal(sums.WarpInstructions / (4 * 132 * 1.98e9), card.Times(sums)[0].Seconds, 1e-15);
    }

    [Fact]
    public void The_device_counts_by_kernel()
    {
        using var device = Device.Open("ptx:80");
        using var scope = new DisposeScope();
        var counts = device.CountKernels();
        var x = Tensor.From(device, new Shape(1024), new float[1024]);
        var y = Tensor.Empty(device, x.Shape);
        Kernels.Elementwise.Forward(x, y, default(Kernels.Relu));
        var found = counts["Elementwise.ForwardKernel<Relu>"];
        // 16 bytes a lane each way: 16 sectors a request.
        Assert.Equal((4096, 4096, 16.0), (found.LoadedBytes, found.StoredBytes, found.Sectors / (double)found.GlobalRequests));
        using var cpu = Device.Open("cpu");
        Assert.Contains("open ptx", Assert.Throws<InvalidOperationException>(() => cpu.CountKernels()).Message, StringComparison.Ordinal);
    }

    private static KernelCounts Run(string body, KernelCounts? counts = null)
    {
        counts ??= new KernelCounts();
        using var run = new PtxRun(4096);
        run.Written().Run(body, counts: counts);
        return counts;
    }
}
