using ILGPU;
using ILGPU.Runtime;

namespace Mmrr.Tests.Machine;

/// <summary>Kernels without a branch, one warp each: a thread executes every instruction once, in PTX as in SASS.</summary>
internal static class StraightKernels
{
    /// <summary>The kernels, in the order of the table.</summary>
    public static IReadOnlyList<Action<Arguments>> All { get; } = [AxpyKernel, PolynomialKernel, QuadKernel, WarpSumKernel, TileKernel, StencilKernel];

    public struct Arguments
    {
        public ArrayView<float> X; // [160]
        public ArrayView<float> Y; // [160]
        public float Factor;
    }

    [SimtKernel(GroupSize = 32)]
    private static void AxpyKernel(Arguments a) => a.Y[Group.IdxX] = (a.Factor * a.X[Group.IdxX]) + a.Y[Group.IdxX];

    [SimtKernel(GroupSize = 32)]
    private static void PolynomialKernel(Arguments a)
    {
        float x = a.X[Group.IdxX], y = a.Factor;
        y = (y * x) + 1f;
        y = (y * x) + 2f;
        y = (y * x) + 3f;
        y = (y * x) + 4f;
        y = (y * x) + 5f;
        y = (y * x) + 6f;
        y = (y * x) + 7f;
        y = (y * x) + 8f;
        a.Y[Group.IdxX] = y;
    }

    [SimtKernel(GroupSize = 32)]
    private static void QuadKernel(Arguments a)
    {
        var v = a.X.Cast<PlantedKernels.Four>()[Group.IdxX];
        v.A *= a.Factor;
        v.B *= a.Factor;
        v.C *= a.Factor;
        v.D *= a.Factor;
        a.Y.Cast<PlantedKernels.Four>()[Group.IdxX] = v;
    }

    [SimtKernel(GroupSize = 32)]
    private static void WarpSumKernel(Arguments a)
    {
        float sum = a.X[Group.IdxX];
        sum += Warp.ShuffleXor(sum, 16);
        sum += Warp.ShuffleXor(sum, 8);
        sum += Warp.ShuffleXor(sum, 4);
        sum += Warp.ShuffleXor(sum, 2);
        sum += Warp.ShuffleXor(sum, 1);
        a.Y[Group.IdxX] = sum;
    }

    // Each lane's value in another lane's place.
    [SimtKernel(GroupSize = 32)]
    private static void TileKernel(Arguments a)
    {
        var tile = SharedMemory.Allocate<float>(32);
        tile[Group.IdxX] = a.X[Group.IdxX];
        Group.Barrier();
        a.Y[Group.IdxX] = tile[Group.IdxX ^ 5] - tile[Group.IdxX ^ 9];
    }

    [SimtKernel(GroupSize = 32)]
    private static void StencilKernel(Arguments a)
    {
        int i = Group.IdxX + 32;
        a.Y[i] = (0.25f * (a.X[i - 32] + a.X[i + 32])) + (0.5f * (a.X[i - 1] + a.X[i + 1])) - a.X[i];
    }
}
