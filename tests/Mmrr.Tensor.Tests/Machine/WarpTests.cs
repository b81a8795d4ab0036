namespace Mmrr.Tests.Machine;

/// <summary>What the lanes of a warp do together, against the manual's definitions lane by lane.</summary>
[Collection(TestDevices.Beside)]
public class WarpTests
{
    private const string Address = "mul.wide.u32 %rd1, %r0, 4; add.u64 %rd2, %rd0, %rd1;";

    // C, D: 16 × 8; A: 16 × 8; B: 8 × 8, one after the other, A and B behind the results. The fragments are spelled out element by element.
    [Fact]
    public void A_matrix_product_is_that_of_the_manuals_fragments()
    {
        var random = new Random(1);
        float[,] a = new float[16, 8], b = new float[8, 8], c = new float[16, 8];
        foreach (float[,] matrix in new[] { a, b, c })
        {
            for (int i = 0; i < matrix.GetLength(0); i++) for (int j = 0; j < 8; j++) matrix[i, j] = (float)((2 * random.NextDouble()) - 1);
        }
        using var run = new PtxRun(4 * 32 * 14);
        run.Written();
        // Of a lane: c0 … c3, a0 … a3, b0, b1, each an array over the lanes.
        for (int lane = 0; lane < 32; lane++)
        {
            int g = lane / 4, t = lane % 4;
            float[] fragments =
            [
                c[g, 2 * t], c[g, (2 * t) + 1], c[g + 8, 2 * t], c[g + 8, (2 * t) + 1],
                a[g, t], a[g + 8, t], a[g, t + 4], a[g + 8, t + 4], b[t, g], b[t + 4, g],
            ];
            for (int n = 0; n < fragments.Length; n++) run.Values<float>()[(32 * n) + lane] = fragments[n];
        }
        string loads = string.Concat(Enumerable.Range(0, 10).Select(n => $"ld.global.f32 %f{n}, [%rd2+{128 * n}]; mov.b32 %r{10 + n}, %f{n}; "));
        string stores = string.Concat(Enumerable.Range(0, 4).Select(n => $"st.global.f32 [%rd2+{128 * (10 + n)}], %f{20 + n}; "));
        run.Run($"{Address} {loads} mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {{%f20, %f21, %f22, %f23}}, {{%r14, %r15, %r16, %r17}}, "
            + $"{{%r18, %r19}}, {{%f0, %f1, %f2, %f3}}; {stores}");
        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 8; column++)
            {
                double expected = c[row, column], magnitude = Math.Abs(expected);
                for (int k = 0; k < 8; k++)
                {
                    double product = (double)Cut(a[row, k]) * Cut(b[k, column]);
                    (expected, magnitude) = (expected + product, magnitude + Math.Abs(product));
                }
                int lane = (4 * (row % 8)) + (column / 2), element = (2 * (row / 8)) + (column % 2);
                // Eight additions in float32.
                Assert.InRange(Math.Abs(run.Values<float>()[(32 * (10 + element)) + lane] - expected), 0, 8 * Math.ScaleB(1, -24) * magnitude);
            }
        }
    }

    [Theory]
    [InlineData("bfly", 5, 31)]
    [InlineData("up", 3, 0)]
    [InlineData("down", 3, 31)]
    [InlineData("idx", 9, 31)]
    [InlineData("bfly", 3, 0x181F)]
    [InlineData("up", 2, 0x1800)]
    [InlineData("down", 2, 0x181F)]
    [InlineData("idx", 5, 0x181F)]
    public void A_shuffle_takes_from_the_lane_that_the_manual_says(string mode, int b, int c)
    {
        using var run = new PtxRun(256);
        run.Written();
        run.Run($"{Address} shfl.sync.{mode}.b32 %r1|%p1, %r0, {b}, {c}, -1; selp.b32 %r2, 1, 0, %p1; "
            + "st.global.u32 [%rd2], %r1; st.global.u32 [%rd2+128], %r2;");
        int segment = c >> 8, clamp = c & 31;
        for (int lane = 0; lane < 32; lane++)
        {
            int most = (lane & segment) | (clamp & ~segment), least = lane & segment;
            int source = mode switch { "up" => lane - b, "down" => lane + b, "bfly" => lane ^ b, _ => least | (b & ~segment) };
            bool inRange = mode == "up" ? source >= most : source <= most;
            Assert.Equal((inRange ? source : lane, inRange ? 1 : 0), (run.Values<int>()[lane], run.Values<int>()[32 + lane]));
        }
    }

    // Nested branches and a loop whose turns differ from lane to lane.
    [Fact]
    public void Parted_lanes_meet_again()
    {
        using var run = new PtxRun(128);
        run.Written();
        run.Run($"""
            {Address} and.b32 %r1, %r0, 7; mov.b32 %r2, 0; mov.b32 %r3, 0;
            L_loop: setp.ge.u32 %p1, %r3, %r1; @%p1 bra L_done;
            and.b32 %r4, %r3, 1; setp.eq.u32 %p2, %r4, 0; @%p2 bra L_even; add.u32 %r2, %r2, 10; bra L_next;
            L_even: add.u32 %r2, %r2, 1;
            L_next: add.u32 %r3, %r3, 1; bra L_loop;
            L_done: activemask.b32 %r5; setp.ne.u32 %p3, %r5, -1; @%p3 trap; st.global.u32 [%rd2], %r2;
            """);
        for (int lane = 0; lane < 32; lane++) Assert.Equal((((lane & 7) + 1) / 2) + (10 * ((lane & 7) / 2)), run.Values<int>()[lane]);
    }

    // Every lane to one of four places, two of which go on together to a third; in the guarded form some lanes pass.
    [Theory]
    [InlineData("brx.idx %r1, L_t;", 40)]
    [InlineData("setp.gt.u32 %p1, %r0, 7; @%p1 brx.idx %r1, L_t;", 8)]
    [InlineData("setp.gt.u32 %p1, %r0, 7; @!%p1 brx.idx %r1, L_t;", 100)]
    public void An_indexed_branch_takes_each_lane_to_its_place(string branch, int passing)
    {
        using var run = new PtxRun(128);
        run.Written();
        run.Run($"""
            {Address} and.b32 %r1, %r0, 3; mov.b32 %r2, 5;
            L_t: .branchtargets L_0, L_1, L_0, L_3;
            {branch}
            mov.b32 %r2, 6; bra L_done;
            L_0: add.u32 %r2, %r2, 10; bra L_1;
            L_1: add.u32 %r2, %r2, 100; bra L_done;
            L_3: add.u32 %r2, %r2, 1000;
            L_done: activemask.b32 %r5; setp.ne.u32 %p3, %r5, -1; @%p3 trap; st.global.u32 [%rd2], %r2;
            """);
        for (int lane = 0; lane < 32; lane++)
        {
            bool passes = passing == 8 ? lane < 8 : passing == 100 && lane > 7;
            Assert.Equal(passes ? 6 : new[] { 115, 105, 115, 1005 }[lane & 3], run.Values<int>()[lane]);
        }
    }

    [Fact]
    public void Votes_and_reductions_at_barriers_count_threads()
    {
        using var run = new PtxRun(4 * 64);
        run.Written();
        run.Run(
            $"{Address} setp.lt.u32 %p1, %r0, 40; vote.sync.ballot.b32 %r1, %p1, -1; bar.red.popc.u32 %r2, 0, %p1; bar.red.and.pred %p2, 0, %p1; "
            + "selp.b32 %r3, 1000, 0, %p2; popc.b32 %r4, %r1; add.u32 %r5, %r2, %r3; mad.lo.u32 %r5, %r4, 100, %r5; st.global.u32 [%rd2], %r5;", 64);
        Assert.Equal((40 + 3200, 40 + 800), (run.Values<int>()[0], run.Values<int>()[32]));
    }

    [Fact]
    public void A_function_is_called_with_its_own_registers()
    {
        using var run = new PtxRun(128);
        run.Written();
        run.RunText("""
            .version 7.8
            .target sm_80
            .address_size 64
            .func (.param .b32 result) twice(.param .b32 value)
            {
            .reg .b32 %r<4>; .reg .pred %p<2>;
            ld.param.b32 %r0, [value]; setp.gt.u32 %p1, %r0, 15; @%p1 ret; add.u32 %r1, %r0, %r0; st.param.b32 [result], %r1; ret;
            }
            .visible .entry kernel(.param .b64 data)
            {
            .reg .b32 %r<4>; .reg .b64 %rd<4>;
            ld.param.b64 %rd0, [data]; mov.b32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 4; add.u64 %rd2, %rd0, %rd1;
            { .param .b32 given; .param .b32 taken; st.param.b32 [taken], 7; st.param.b32 [given], %r0;
            call.uni (taken), twice, (given); ld.param.b32 %r1, [taken]; }
            st.global.u32 [%rd2], %r1; ret;
            }
            """);
        for (int lane = 0; lane < 32; lane++) Assert.Equal(lane > 15 ? 7 : 2 * lane, run.Values<int>()[lane]);
    }

    [Fact]
    public void Atomics_add_up()
    {
        using var run = new PtxRun(128);
        run.Written();
        run.Run(".shared .align 4 .b32 sum; setp.eq.u32 %p1, %r0, 0; @%p1 st.shared.u32 [sum], 0; bar.sync 0; atom.shared.add.u32 %r1, [sum], %r0; bar.sync 0; "
            + "ld.shared.u32 %r2, [sum]; red.global.add.u32 [%rd0], %r2; atom.global.cas.b32 %r3, [%rd0+4], 0, 5;", 64, 2);
        Assert.Equal((64 * 2 * 2016, 5), (run.Values<int>()[0], run.Values<int>()[1]));
    }

    private static float Cut(float value) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFFE000);
}
