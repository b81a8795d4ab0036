using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>A fault planted in a kernel that is right.</summary>
/// <param name="Kernel">The kernel: one of the texts here.</param>
/// <param name="Words">What is wrong.</param>
/// <param name="What">What of the text is replaced.</param>
/// <param name="By">By what.</param>
/// <param name="Kind">What the machine finds; null where the kernel is a defined one that computes something else.</param>
/// <param name="InCSharp">Whether <see cref="PlantedKernels"/> have the same fault: ILGPU has no word for the others.</param>
/// <param name="KindInCSharp">What the machine finds of that; null where it is the same.</param>
public sealed record PlantedFault(
    string Kernel, string Words, string What, string By, PtxFaultKind? Kind, bool InCSharp = true, PtxFaultKind? KindInCSharp = null)
{
    // Of the floats in data 0 to 1023 are the input, 1024 to 2047 the output. A transposition of 32 × 32 by 256 threads, through a padded tile.
    internal const string Transpose = """
        .shared .align 16 .b8 tile[4224];
        mov.u64 %rd9, tile;
        and.b32 %r1, %r0, 31; shr.u32 %r2, %r0, 5;
        mov.b32 %r3, 0;
        L_in: add.s32 %r4, %r2, %r3; shl.b32 %r5, %r4, 5; add.s32 %r6, %r5, %r1; mul.wide.u32 %rd1, %r6, 4; add.u64 %rd2, %rd0, %rd1;
        ld.global.f32 %f1, [%rd2];
        mul.lo.s32 %r7, %r4, 33; add.s32 %r8, %r7, %r1; mul.wide.u32 %rd3, %r8, 4; add.u64 %rd4, %rd9, %rd3;
        st.shared.f32 [%rd4], %f1;
        add.s32 %r3, %r3, 8; setp.lt.s32 %p1, %r3, 32; @%p1 bra.uni L_in;
        bar.sync 0;
        mov.b32 %r3, 0;
        L_out: add.s32 %r4, %r2, %r3; mul.lo.s32 %r7, %r1, 33; add.s32 %r8, %r7, %r4; mul.wide.u32 %rd3, %r8, 4; add.u64 %rd4, %rd9, %rd3;
        ld.shared.f32 %f1, [%rd4];
        shl.b32 %r5, %r4, 5; add.s32 %r6, %r5, %r1; mul.wide.u32 %rd1, %r6, 4; add.u64 %rd2, %rd0, %rd1;
        st.global.f32 [%rd2+4096], %f1;
        add.s32 %r3, %r3, 8; setp.lt.s32 %p2, %r3, 32; @%p2 bra.uni L_out;
        """;

    // The sum of 256 values, by shuffles in warps and shared memory between them.
    internal const string Sum = """
        .shared .align 16 .b8 parts[32];
        mov.u64 %rd9, parts;
        mul.wide.u32 %rd1, %r0, 4; add.u64 %rd2, %rd0, %rd1;
        ld.global.f32 %f1, [%rd2];
        shfl.sync.bfly.b32 %f2, %f1, 16, 31, 0xFFFFFFFF; add.f32 %f1, %f1, %f2;
        shfl.sync.bfly.b32 %f2, %f1, 8, 31, -1; add.f32 %f1, %f1, %f2;
        shfl.sync.bfly.b32 %f2, %f1, 4, 31, -1; add.f32 %f1, %f1, %f2;
        shfl.sync.bfly.b32 %f2, %f1, 2, 31, -1; add.f32 %f1, %f1, %f2;
        shfl.sync.bfly.b32 %f2, %f1, 1, 31, -1; add.f32 %f1, %f1, %f2;
        and.b32 %r1, %r0, 31; shr.u32 %r2, %r0, 5; mul.wide.u32 %rd3, %r2, 4; add.u64 %rd4, %rd9, %rd3;
        setp.eq.u32 %p1, %r1, 0; @%p1 st.shared.f32 [%rd4], %f1;
        bar.sync 0;
        setp.ne.u32 %p2, %r0, 0; @%p2 bra L_end;
        mov.b32 %r3, 0; mov.f32 %f3, 0f00000000;
        L_add: mul.wide.u32 %rd3, %r3, 4; add.u64 %rd4, %rd9, %rd3; ld.shared.f32 %f2, [%rd4]; add.f32 %f3, %f3, %f2;
        add.s32 %r3, %r3, 1; setp.lt.s32 %p3, %r3, 8; @%p3 bra L_add;
        st.global.f32 [%rd0+4096], %f3;
        L_end:
        """;

    // Twice each of 1024 values, four a thread, 64 threads of a block for each quarter.
    internal const string Twice = """
        mov.b32 %r9, %ctaid.x; shl.b32 %r1, %r9, 6; add.s32 %r2, %r1, %r0; setp.ge.s32 %p1, %r2, 256; @%p1 bra L_end;
        setp.ge.s32 %p2, %r0, 64; @%p2 bra L_end;
        mul.wide.u32 %rd1, %r2, 16; add.u64 %rd2, %rd0, %rd1;
        ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd2];
        add.f32 %f1, %f1, %f1; add.f32 %f2, %f2, %f2; add.f32 %f3, %f3, %f3; add.f32 %f4, %f4, %f4;
        st.global.v4.f32 [%rd2+4096], {%f1, %f2, %f3, %f4};
        L_end:
        """;

    // One product of a tensor core for each warp, of the first 64 + 128 values: the fragments' registers in their order.
    internal const string Product = """
        and.b32 %r1, %r0, 31; shr.u32 %r2, %r1, 2; and.b32 %r3, %r1, 3; shl.b32 %r4, %r2, 3; add.s32 %r5, %r4, %r3; mul.wide.u32 %rd1, %r5, 4;
        add.u64 %rd2, %rd0, %rd1;
        ld.global.b32 %r10, [%rd2]; ld.global.b32 %r11, [%rd2+256]; ld.global.b32 %r12, [%rd2+16]; ld.global.b32 %r13, [%rd2+272];
        ld.global.b32 %r14, [%rd2+512]; ld.global.b32 %r15, [%rd2+528];
        mov.f32 %f1, 0f00000000; mov.f32 %f2, 0f00000000; mov.f32 %f3, 0f00000000; mov.f32 %f4, 0f00000000;
        mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f1, %f2, %f3, %f4}, {%r10, %r11, %r12, %r13}, {%r14, %r15}, {%f1, %f2, %f3, %f4};
        setp.ge.u32 %p1, %r0, 32; @%p1 bra L_end;
        shl.b32 %r6, %r2, 3; shl.b32 %r7, %r3, 1; add.s32 %r8, %r6, %r7; mul.wide.u32 %rd3, %r8, 4; add.u64 %rd4, %rd0, %rd3;
        st.global.v2.f32 [%rd4+4096], {%f1, %f2}; st.global.v2.f32 [%rd4+4352], {%f3, %f4};
        L_end:
        """;

    /// <summary>All of them; a fault's number is its place, from 1.</summary>
    public static IReadOnlyList<PlantedFault> All { get; } =
    [
        new(nameof(Transpose), "the barrier is missing", "bar.sync 0;", "", PtxFaultKind.Unwritten),
        new(nameof(Transpose), "a barrier of the warp alone", "bar.sync 0;", "bar.warp.sync -1;", PtxFaultKind.Unwritten),
        new(
            nameof(Transpose), "a barrier for half of the lanes", "bar.sync 0;",
            "setp.lt.u32 %p3, %r1, 16; @%p3 bra L_half; bar.sync 0; L_half:", PtxFaultKind.Barrier),
        new(nameof(Transpose), "rows of the tile on one another", "mul.lo.s32 %r7, %r4, 33;", "mul.lo.s32 %r7, %r4, 1;", PtxFaultKind.RaceInWarp),
        new(nameof(Transpose), "the result into the input", "[%rd2+4096], %f1", "[%rd2], %f1", null),
        new(nameof(Transpose), "the result one element on", "[%rd2+4096], %f1", "[%rd2+4100], %f1", PtxFaultKind.OutOfBounds),
        new(nameof(Transpose), "the result half an element on", "[%rd2+4096], %f1", "[%rd2+4098], %f1", PtxFaultKind.Misaligned),
        new(nameof(Transpose), "a row block too few", "setp.lt.s32 %p1, %r3, 32", "setp.lt.s32 %p1, %r3, 24", PtxFaultKind.Unwritten),
        new(nameof(Transpose), "a row block too many", "setp.lt.s32 %p1, %r3, 32", "setp.le.s32 %p1, %r3, 32", PtxFaultKind.OutOfBounds),
        new(nameof(Transpose), "the tile without its padding", "tile[4224]", "tile[4096]", PtxFaultKind.OutOfBounds),
        new(
            nameof(Transpose), "a branch by lane marked as uniform", "@%p1 bra.uni L_in",
            "setp.lt.u32 %p1, %r1, 7; @%p1 bra.uni L_in", PtxFaultKind.NotUniform, InCSharp: false),
        new(nameof(Transpose), "a wrong index into the tile", "add.s32 %r8, %r7, %r4;", "add.s32 %r8, %r7, %r1;", null),
        new(nameof(Sum), "a shuffle's mask of half a warp", "0xFFFFFFFF", "0x0000FFFF", PtxFaultKind.WarpMask, InCSharp: false),
        new(nameof(Sum), "a shuffle's distance 3 for 4", "%f1, 4, 31, -1", "%f1, 3, 31, -1", null),
        new(nameof(Sum), "a warp's sum stored by all lanes", "@%p1 st.shared", "st.shared", PtxFaultKind.RaceInWarp),
        new(nameof(Sum), "a part too many is added", "%r3, 8; @%p3", "%r3, 9; @%p3", PtxFaultKind.OutOfBounds),
        new(nameof(Sum), "the barrier is missing", "bar.sync 0;", "", PtxFaultKind.Unwritten),
        new(nameof(Sum), "the result by all threads", "setp.ne.u32 %p2, %r0, 0; @%p2 bra L_end;", "", PtxFaultKind.RaceInWarp),
        new(nameof(Twice), "blocks that overlap", "shl.b32 %r1, %r9, 6", "shl.b32 %r1, %r9, 5", PtxFaultKind.RaceBetweenBlocks),
        // ILGPU takes a vector apart whose alignment it does not know: what is left overlaps.
        new(nameof(Twice), "vectors at half of their stride", "%rd1, %r2, 16", "%rd1, %r2, 8", PtxFaultKind.Misaligned,
            KindInCSharp: PtxFaultKind.RaceInWarp),
        new(nameof(Twice), "the result behind its buffer", "[%rd2+4096], {", "[%rd2+8192], {", PtxFaultKind.OutOfBounds),
        new(nameof(Twice), "a block's offset overflows", "shl.b32 %r1, %r9, 6", "mul.lo.s32 %r1, %r9, 0x60000000", PtxFaultKind.AddressOverflow),
        new(nameof(Product), "two registers of a fragment swapped", "{%r10, %r11, %r12, %r13}", "{%r10, %r12, %r11, %r13}", null, InCSharp: false),
        new(
            nameof(Product), "two lanes end before the product", "mov.f32 %f1, 0f00000000;",
            "setp.ge.u32 %p2, %r1, 30; @%p2 exit; mov.f32 %f1, 0f00000000;", PtxFaultKind.WarpMask, InCSharp: false),
        new(nameof(Product), "the result by two warps", "setp.ge.u32 %p1, %r0, 32;", "setp.ge.u32 %p1, %r0, 64;", PtxFaultKind.RaceInBlock, InCSharp: false),
    ];

    /// <summary>A row for each fault's number.</summary>
    public static TheoryData<int> Numbers => [.. Enumerable.Range(1, All.Count)];

    /// <summary>A row for each of those in C#.</summary>
    public static TheoryData<int> NumbersInCSharp => [.. Enumerable.Range(1, All.Count).Where(n => All[n - 1].InCSharp)];

    /// <summary>The text of a kernel.</summary>
    public static string Body(string kernel) => kernel switch { nameof(Transpose) => Transpose, nameof(Sum) => Sum, nameof(Twice) => Twice, _ => Product };

    /// <summary>An input, a small integer: sums and products are exact.</summary>
    public static float Input(int i) => (i * 7 % 23) - 11;

    /// <summary>The output of a kernel that is right.</summary>
    public static float[] Expected(string kernel)
    {
        float[] expected = new float[1024];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = kernel switch
            {
                nameof(Transpose) => Input((i % 32 * 32) + (i / 32)),
                nameof(Sum) => i == 0 ? Enumerable.Range(0, 256).Sum(Input) : 0,
                nameof(Twice) => 2 * Input(i),
                // A is [16, 8], then B as [8 columns, 8 terms].
                _ => i < 128 ? Enumerable.Range(0, 8).Sum(k => Input((i / 8 * 8) + k) * Input(128 + (i % 8 * 8) + k)) : 0,
            };
        }
        return expected;
    }
}
