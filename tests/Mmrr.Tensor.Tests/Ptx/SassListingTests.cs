using Mmrr.Ptx;

namespace Mmrr.Tests.Ptx;

/// <summary>The parsers, on texts in the form of NVIDIA's tools.</summary>
public sealed class SassListingTests
{
    // Two nested loops, the inner one over two FFMA with a case that is put behind the end; a second inner loop with more instructions and no FFMA.
    private const string Nested = """
        	.headerflags	@"EF_CUDA_SM80"
        	.section	.text.Kernel,"ax",@progbits
        Kernel:
        .text.Kernel:
                /*0000*/                   MOV R1, c[0x0][0x28] ;
                /*0010*/                   IMAD.MOV.U32 R2, RZ, RZ, RZ ;
        .L_outer:
                /*0020*/                   LDG.E.128 R4, [R2.64] ;
                /*0030*/                   BSSY B0, `(.L_join) ;
        .L_inner:
                /*0040*/                   LDS.U.64 R8, [R3] ;
                /*0050*/               @P1 BRA `(.L_rare) ;
        .L_back:
                /*0060*/                   FFMA R10, R8, R4, R10 ;
                /*0070*/                   FFMA R11, R9.reuse, R5, -R11 ;
                /*0080*/              @!P0 BRA `(.L_inner) ;
        .L_join:
                /*0090*/                   BSYNC B0 ;
        .L_second:
                /*00a0*/                   IADD3 R2, P2, R2, 0x1, RZ ;
                /*00b0*/                   ISETP.GE.AND P0, PT, R2, UR4, PT ;
                /*00c0*/                   FADD R12, R12, R11 ;
                /*00d0*/                   LOP3.LUT R3, R3, 0x1, RZ, 0xc0, !PT ;
                /*00e0*/                   SHF.R.S32.HI R3, RZ, 0x1, R3 ;
                /*00f0*/                   UIADD3 UR4, UR4, 0x1, URZ ;
                /*0100*/                   BRA P0, `(.L_second) ;
                /*0110*/              @!P3 BRA `(.L_outer) ;
                /*0120*/                   STG.E [R2.64], R12 ;
                /*0130*/                   EXIT ;
        .L_rare:
                /*0140*/                   MUFU.RCP R8, R8 ;
                /*0150*/                   HFMA2.MMA R14, -RZ, RZ, 0, 0 ;
                /*0160*/                   BRA `(.L_back) ;
        .L_end:
                /*0170*/                   BRA `(.L_end);
                /*0180*/                   NOP;
                /*0190*/                   NOP;
        .L_size:
        """;

    [Fact]
    public void Instructions_are_counted_by_kind_and_width()
    {
        var all = SassListing.Parse(Nested).All;
        Assert.Equal(23, all.Count);
        Assert.Equal(2, all[SassKind.Ffma]);
        Assert.Equal(1, all[SassKind.OtherFloat]);
        Assert.Equal(1, all[SassKind.Mufu]);
        Assert.Equal(0, all[SassKind.Hmma]);
        Assert.Equal(3, all[SassKind.Move]);
        Assert.Equal(5, all[SassKind.Integer]);
        Assert.Equal(8, all[SassKind.Branch]);
        Assert.Equal((1, 0), (all[SassKind.Ldg, 128], all[SassKind.Ldg, 32]));
        Assert.Equal((1, 1), (all[SassKind.Lds, 64], all[SassKind.Stg, 32]));
        Assert.Equal((4, 2, 2.0), (all.Arithmetic, all.Loads, all.ArithmeticToLoads));
        Assert.Equal("FFMA 2, other float 1, MUFU 1, integer 5, move 3, LDG.128 1, STG.32 1, LDS.64 1, branch 8", all.ToString());
    }

    [Fact]
    public void The_main_loop_is_the_innermost_one_with_the_most_multiply_adds_and_what_lies_behind_the_end_belongs_to_it()
    {
        var loop = SassListing.Parse(Nested).MainLoop;
        Assert.NotNull(loop);
        Assert.Equal([0x40, 0x50, 0x60, 0x70, 0x80, 0x140, 0x150, 0x160], loop.Instructions.Select(i => i.Address));
        Assert.Equal(3, loop.Arithmetic);
        Assert.Equal(3, loop.ArithmeticToLoads);
    }

    [Fact]
    public void A_case_behind_the_end_is_no_loop()
    {
        var listing = SassListing.Parse("""
            Kernel:
                    /*0000*/                   S2R R0, SR_TID.X ;
                    /*0010*/               @P0 BRA `(.L_x_1) ;
            .L_x_0:
                    /*0020*/                   FADD R0, R0, R0 ;
                    /*0030*/                   EXIT ;
            .L_x_1:
                    /*0040*/                   FMUL R0, R0, R0 ;
                    /*0050*/                   BRA `(.L_x_0) ;
            .L_x_2:
                    /*0060*/                   BRA `(.L_x_2);
            """);
        Assert.Equal(6, listing.All.Count);
        Assert.Null(listing.MainLoop);
        Assert.Equal(double.PositiveInfinity, listing.All.ArithmeticToLoads);
    }

    [Fact]
    public void A_called_function_with_a_loop_is_seen()
    {
        var listing = SassListing.Parse("""
            Kernel:
                    /*0000*/                   CALL.REL.NOINC `($Kernel$root) ;
                    /*0010*/                   EXIT ;
                    .type           $Kernel$root,@function
            $Kernel$root:
                    /*0020*/                   DFMA R0, R0, R2, R4 ;
            .L_again:
                    /*0030*/                   MUFU.RSQ R0, R0 ;
                    /*0040*/              @!P0 BRA `(.L_again) ;
                    /*0050*/                   RET.REL.NODEC R2 `(Kernel) ;
            """);
        Assert.Equal(6, listing.All.Count);
        Assert.Equal([0x30, 0x40], listing.MainLoop!.Instructions.Select(i => i.Address));
    }

    [Theory]
    [InlineData("HMMA.1688.F32.TF32 R4, R8, R12, R4", SassKind.Hmma, 0)]
    [InlineData("HFMA2 R4, R8, R12, R4", SassKind.OtherFloat, 0)]
    [InlineData("LDG.E.SYS R4, [R2]", SassKind.Ldg, 32)]
    [InlineData("LDG.E.128.CONSTANT R4, [R2.64]", SassKind.Ldg, 128)]
    [InlineData("LDG.E.U8 R4, [R2.64]", SassKind.Ldg, 8)]
    [InlineData("LD.E.64 R4, [R2.64]", SassKind.Ld, 64)]
    [InlineData("LDSM.16.M88.4 R4, [R2]", SassKind.Lds, 128)]
    [InlineData("LDGSTS.E.BYPASS.128 [R2], [R4.64]", SassKind.Ldgsts, 128)]
    [InlineData("STL.128 [R1], R4", SassKind.Stl, 128)]
    [InlineData("ULDC.64 UR4, c[0x0][0x118]", SassKind.Ldc, 0)]
    [InlineData("SHFL.BFLY PT, R4, R2, 0x10, 0x1f", SassKind.Shuffle, 0)]
    [InlineData("RED.E.ADD.F32.FTZ.RN.STRONG.GPU [R2.64], R5", SassKind.Atomic, 0)]
    [InlineData("BAR.SYNC.DEFER_BLOCKING 0x0", SassKind.Barrier, 0)]
    [InlineData("I2F.RP R4, R5", SassKind.Conversion, 0)]
    [InlineData("DADD R4, R4, R6", SassKind.Double, 0)]
    [InlineData("TEX.B.LL R4, R6, R8", SassKind.Other, 0)]
    public void Opcodes_have_kinds(string instruction, SassKind kind, int bits)
    {
        var only = Assert.Single(SassListing.Parse($"        /*0000*/             @!UP0 {instruction} ;").All.Instructions);
        Assert.Equal((kind, bits), (only.Kind, only.Bits));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Kernel:\n  nothing ;\n")]
    [InlineData("        /*0000*/                   BRA `(.L_nowhere) ;\n")]
    public void A_text_of_something_else_is_refused(string text) => Assert.Throws<FormatException>(() => SassListing.Parse(text));

    [Fact]
    public void The_report_of_ptxas_is_read()
    {
        var report = PtxasReport.Parse("""
            ptxas info    : 0 bytes gmem
            ptxas info    : Compiling entry function 'Kernel' for 'sm_80'
            ptxas info    : Function properties for Kernel
                16 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads
            ptxas info    : Used 255 registers, 5120 bytes smem, 452 bytes cmem[0], 8 bytes cmem[2]
            ptxas info    : Function properties for helper
                24 bytes stack frame, 4 bytes spill stores, 8 bytes spill loads
            """);
        Assert.Equal(new PtxasReport(255, 24, 16, 28, 5120, 460), report);
        Assert.False(report.StaysInRegisters);
        var small = PtxasReport.Parse("    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads\nptxas info    : Used 8 registers\n");
        Assert.Equal(new PtxasReport(8, 0, 0, 0, 0, 0), small);
        Assert.True(small.StaysInRegisters);
        Assert.Throws<FormatException>(() => PtxasReport.Parse("ptxas info    : Used 8 registers"));
    }

    // By hand: registers of a warp in units of 256, a quarter of 64 Ki of them in each part; shared memory in units, 1 KB of it reserved from sm_80 on.
    [Theory]
    [InlineData(75, 32, 0, 256, 4, OccupancyLimit.Threads)]
    [InlineData(75, 64, 0, 256, 4, OccupancyLimit.Threads)]
    [InlineData(75, 65, 0, 256, 3, OccupancyLimit.Registers)]
    [InlineData(75, 32, 32 * 1024, 256, 2, OccupancyLimit.SharedMemory)]
    [InlineData(80, 32, 0, 256, 8, OccupancyLimit.Threads)]
    [InlineData(80, 33, 0, 256, 6, OccupancyLimit.Registers)]
    [InlineData(80, 128, 16 * 1024, 256, 2, OccupancyLimit.Registers)]
    [InlineData(80, 255, 0, 256, 1, OccupancyLimit.Registers)]
    [InlineData(80, 255, 0, 1024, 0, OccupancyLimit.Registers)]
    [InlineData(80, 16, 48 * 1024, 128, 3, OccupancyLimit.SharedMemory)]
    [InlineData(90, 16, 48 * 1024, 128, 4, OccupancyLimit.SharedMemory)]
    [InlineData(86, 16, 0, 33, 16, OccupancyLimit.Groups)]
    [InlineData(90, 16, 0, 32, 32, OccupancyLimit.Groups)]
    [InlineData(89, 40, 0, 1024, 1, OccupancyLimit.Threads)]
    public void Groups_that_run_at_once(int sm, int registers, int sharedBytes, int groupSize, int groups, OccupancyLimit limit)
    {
        var found = Multiprocessor.Of(sm).Occupancy(registers, sharedBytes, groupSize);
        Assert.Equal(new Occupancy(groups, groups * ((groupSize + 31) / 32), limit), found);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Contains("75", Assert.Throws<ArgumentException>(() => Multiprocessor.Of(60)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Multiprocessor.Of(80).Occupancy(32, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Multiprocessor.Of(80).Occupancy(32, 0, 1025));
        Assert.Throws<ArgumentOutOfRangeException>(() => Multiprocessor.Of(80).Occupancy(-1, 0, 32));
    }
}
