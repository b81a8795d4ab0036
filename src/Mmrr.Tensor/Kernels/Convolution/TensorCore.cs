using System.Runtime.CompilerServices;
using ILGPU.Runtime.Cuda;

namespace Mmrr.Kernels;

/// <summary><c>mma.sync.m16n8k8</c> with TF32 factors and float32 sums, 16 of them for 32 × 32 results and 16 terms.</summary>
internal static class TensorCore
{
    /// <summary>
    /// sums + a·b over the 16 terms of a step, for a group of rows and one of columns. All threads of a warp must call it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TileProduct.Quads Multiply(TileProduct.Quads sums, Tf32Tile.Square a, Tf32Tile.Square b)
    {
        sums = Column(sums, 0, a, b.Q0);
        sums = Column(sums, 1, a, b.Q1);
        sums = Column(sums, 2, a, b.Q2);
        return Column(sums, 3, a, b.Q3);
    }

    /// <summary>The products of columns number <paramref name="n"/>: two of rows, each two deep.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileProduct.Quads Column(TileProduct.Quads s, int n, Tf32Tile.Square a, Float4 b)
    {
        var upper = Float4.Of(Float4.At(s.L0, n), Float4.At(s.R0, n), Float4.At(s.L1, n), Float4.At(s.R1, n));
        upper = Mma(Mma(upper, a.Q0, b.X, b.Y), a.Q1, b.Z, b.W);
        var lower = Float4.Of(Float4.At(s.L2, n), Float4.At(s.R2, n), Float4.At(s.L3, n), Float4.At(s.R3, n));
        lower = Mma(Mma(lower, a.Q2, b.X, b.Y), a.Q3, b.Z, b.W);
        s.L0 = Float4.With(s.L0, n, upper.X);
        s.R0 = Float4.With(s.R0, n, upper.Y);
        s.L1 = Float4.With(s.L1, n, upper.Z);
        s.R1 = Float4.With(s.R1, n, upper.W);
        s.L2 = Float4.With(s.L2, n, lower.X);
        s.R2 = Float4.With(s.R2, n, lower.Y);
        s.L3 = Float4.With(s.L3, n, lower.Z);
        s.R3 = Float4.With(s.R3, n, lower.W);
        return s;
    }

    /// <summary>
    /// PTX ISA, "Matrix Fragments for mma.m16n8k8", .tf32. Lane 4·g + t has of A: (row g, term t), (g + 8, t), (g, t + 4), (g + 8, t + 4); of B: (term t,
    /// column g), (t + 4, g); of C: (row g, column 2·t), (g, 2·t + 1), (g + 8, 2·t), (g + 8, 2·t + 1).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 Mma(Float4 c, Float4 a, float b0, float b1)
    {
        Ref<float> d0 = c.X, d1 = c.Y, d2 = c.Z, d3 = c.W;
        Input<float> i0 = a.X, i1 = a.Y, i2 = a.Z, i3 = a.W, j0 = b0, j1 = b1;
        CudaAsm.EmitRef(
            "{ .reg .b32 t<6>; mov.b32 t0, %4; mov.b32 t1, %5; mov.b32 t2, %6; mov.b32 t3, %7; mov.b32 t4, %8; mov.b32 t5, %9; " +
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {t0,t1,t2,t3}, {t4,t5}, {%0,%1,%2,%3}; }",
            ref d0, ref d1, ref d2, ref d3, ref i0, ref i1, ref i2, ref i3, ref j0, ref j1);
        return Float4.Of(d0.Value, d1.Value, d2.Value, d3.Value);
    }
}
