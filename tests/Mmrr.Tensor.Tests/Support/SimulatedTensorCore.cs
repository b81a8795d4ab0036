using System.Runtime.CompilerServices;
using ILGPU;
using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>
/// <see cref="TensorCore"/> for the simulator: the lanes of a warp show one another their factors in shared memory, and each forms its sums as the documented
/// fragments of m16n8k8 have it, of the upper 19 bits of each factor, in float32. Two barriers a call.
/// </summary>
internal struct SimulatedTensorCore : IMatrixUnit
{
    /// <summary>Quads of shared memory: eight a thread.</summary>
    public const int SharedQuads = 8 * 128;

    // Of each thread four quads of A, then four of B.
    private readonly ArrayView<Float4> _shared;

    public SimulatedTensorCore(ArrayView<Float4> shared) => _shared = shared;

    public readonly TileProduct.Quads Multiply(TileProduct.Quads sums, Tf32Tile.Square a, Tf32Tile.Square b)
    {
        int at = 8 * Group.IdxX;
        _shared[at] = a.Q0;
        _shared[at + 1] = a.Q1;
        _shared[at + 2] = a.Q2;
        _shared[at + 3] = a.Q3;
        _shared[at + 4] = b.Q0;
        _shared[at + 5] = b.Q1;
        _shared[at + 6] = b.Q2;
        _shared[at + 7] = b.Q3;
        Group.Barrier();
        sums = Column(sums, 0);
        sums = Column(sums, 1);
        sums = Column(sums, 2);
        sums = Column(sums, 3);
        Group.Barrier();
        return sums;
    }

    /// <summary>
    /// The products of number <paramref name="n"/> of the columns: c0 and c2 are of column 2·t, c1 and c3 of 2·t + 1; c0 and c1 of row g, c2 and c3 of g + 8.
    /// </summary>
    private readonly TileProduct.Quads Column(TileProduct.Quads s, int n)
    {
        int left = 2 * (Group.IdxX & 3), right = left + 1;
        s.L0 = Float4.With(s.L0, n, Sum(Float4.At(s.L0, n), 0, 0, n, left));
        s.R0 = Float4.With(s.R0, n, Sum(Float4.At(s.R0, n), 0, 0, n, right));
        s.L1 = Float4.With(s.L1, n, Sum(Float4.At(s.L1, n), 0, 1, n, left));
        s.R1 = Float4.With(s.R1, n, Sum(Float4.At(s.R1, n), 0, 1, n, right));
        s.L2 = Float4.With(s.L2, n, Sum(Float4.At(s.L2, n), 2, 0, n, left));
        s.R2 = Float4.With(s.R2, n, Sum(Float4.At(s.R2, n), 2, 0, n, right));
        s.L3 = Float4.With(s.L3, n, Sum(Float4.At(s.L3, n), 2, 1, n, left));
        s.R3 = Float4.With(s.R3, n, Sum(Float4.At(s.R3, n), 2, 1, n, right));
        return s;
    }

    /// <summary>
    /// One element of C over two products: A in the quads <paramref name="quad"/> and quad + 1, as a0 and a2 for row g, as a1 and a3 for g + 8; B in the first
    /// and second half of the quad <paramref name="n"/> of the lanes with g = <paramref name="column"/>.
    /// </summary>
    private readonly float Sum(float sum, int quad, int lower, int n, int column)
    {
        int warp = Group.IdxX & ~31, row = warp + (Group.IdxX & 28);
        for (int deep = 0; deep < 2; deep++)
        {
            for (int half = 0; half < 2; half++)
            {
                for (int t = 0; t < 4; t++)
                {
                    float a = Float4.At(_shared[(8 * (row + t)) + quad + deep], (2 * half) + lower);
                    float b = Float4.At(_shared[(8 * (warp + (4 * column) + t)) + 4 + n], (2 * deep) + half);
                    sum += Cut(a) * Cut(b);
                }
            }
        }
        return sum;
    }

    private static float Cut(float value) => Interop.IntAsFloat(Interop.FloatAsInt(value) & 0xFFFFE000);
}

/// <summary>The convolution's kernels on tensor cores with the stand-in, for blocks of either side.</summary>
internal static class SimulatedTf32Kernels
{
    [ModuleInitializer]
    internal static void Install() => Convolution.SimulatedTf32 = new(
        tile => tile == 128 ? Forward128 : Forward64,
        tile => tile == 128 ? BackwardData128 : BackwardData64,
        tile => tile == 128 ? BackwardWeight128 : BackwardWeight64);

    [SimtKernel(GroupSize = 128)]
    private static void Forward128(Convolution.ForwardTileArguments a) => Forward(128, a);

    [SimtKernel(GroupSize = 64)]
    private static void Forward64(Convolution.ForwardTileArguments a) => Forward(64, a);

    [SimtKernel(GroupSize = 128)]
    private static void BackwardData128(Convolution.DataTileArguments a) => BackwardData(128, a);

    [SimtKernel(GroupSize = 64)]
    private static void BackwardData64(Convolution.DataTileArguments a) => BackwardData(64, a);

    [SimtKernel(GroupSize = 128)]
    private static void BackwardWeight128(Convolution.WeightTileArguments a) => BackwardWeight(128, a);

    [SimtKernel(GroupSize = 64)]
    private static void BackwardWeight64(Convolution.WeightTileArguments a) => BackwardWeight(64, a);

    private static void Forward(int tile, Convolution.ForwardTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var unit = new SimulatedTensorCore(SharedMemory.Allocate<Float4>(SimulatedTensorCore.SharedQuads));
        var sums = Convolution.GatherTf32(unit, tile, false, rows, columns, a.X, a.Weight, a.Sweep, a.Outputs, a.Shares);
        Convolution.StoreTf32Tile(tile, sums, a.Sweep, a.Outputs, a.Bias, a.HasBias, a.Residual, a.HasResidual, a.Output);
    }

    private static void BackwardData(int tile, Convolution.DataTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var unit = new SimulatedTensorCore(SharedMemory.Allocate<Float4>(SimulatedTensorCore.SharedQuads));
        var sums = Convolution.GatherTf32(unit, tile, true, rows, columns, a.OutputGradient, a.Weight, a.Sweep, a.Channels, a.Shares);
        Convolution.StoreTf32Tile(tile, sums, a.Sweep, a.Channels, a.InputGradient, 0, a.InputGradient, 0, a.InputGradient);
    }

    private static void BackwardWeight(int tile, Convolution.WeightTileArguments a)
    {
        var rows = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var columns = SharedMemory.Allocate<Float4>(Tf32Tile.SharedQuads128);
        var unit = new SimulatedTensorCore(SharedMemory.Allocate<Float4>(SimulatedTensorCore.SharedQuads));
        var sums = Convolution.CorrelateTf32(unit, tile, rows, columns, a.X, a.OutputGradient, a.Pixels, a.Shares);
        Convolution.StoreTf32Tile(tile, sums, a.Rows, a.Outputs, a.WeightGradient, 0, a.WeightGradient, 0, a.WeightGradient);
    }
}
