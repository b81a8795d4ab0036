using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>f(x), for the loops of <see cref="QuadWalk"/>: a struct, so that each kernel is compiled with its operation inlined.</summary>
internal interface IQuadOperation1
{
    float Apply(float x);
}

/// <summary>f(a, b), for the loops of <see cref="QuadWalk"/>.</summary>
internal interface IQuadOperation2
{
    float Apply(float a, float b);
}

/// <summary>f(a, b, c), for the loops of <see cref="QuadWalk"/>.</summary>
internal interface IQuadOperation3
{
    float Apply(float a, float b, float c);
}

/// <summary>
/// The loops of the SIMT kernels with independent elements, for a grid of any size. A thread takes the quads q, q + grid, …: one load or store of 16 bytes
/// for each array, at neighbouring addresses in neighbouring threads. The remainder of a count that is not a multiple of four goes to the first threads,
/// one element each. Arrays start at the beginning of a buffer, which is aligned to 64 bytes or more.
/// </summary>
internal static class QuadWalk
{
    /// <summary>The grid for a number of elements.</summary>
    public static KernelConfig Grid(Device device, long count) => device.Grid((count + 3) / 4);

    /// <summary>This thread's index in the grid.</summary>
    public static int Thread
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ILGPU.Grid.IdxX * Group.DimX) + Group.IdxX;
    }

    /// <summary>Number of threads in the grid.</summary>
    public static int Threads
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ILGPU.Grid.DimX * Group.DimX;
    }

    /// <summary>output = f(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Map<TOperation>(ArrayView<float> x, ArrayView<float> output, int count, TOperation f)
        where TOperation : struct, IQuadOperation1
    {
        ArrayView<Float4> x4 = x.Cast<Float4>(), output4 = output.Cast<Float4>();
        int thread = Thread, stride = Threads, quads = count / 4;
        for (int q = thread; q < quads; q += stride)
        {
            var value = x4[q];
            value.X = f.Apply(value.X);
            value.Y = f.Apply(value.Y);
            value.Z = f.Apply(value.Z);
            value.W = f.Apply(value.W);
            output4[q] = value;
        }
        int rest = (4 * quads) + thread;
        if (rest < count) output[rest] = f.Apply(x[rest]);
    }

    /// <summary>output = f(a, b).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Map<TOperation>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, int count, TOperation f)
        where TOperation : struct, IQuadOperation2
    {
        ArrayView<Float4> a4 = a.Cast<Float4>(), b4 = b.Cast<Float4>(), output4 = output.Cast<Float4>();
        int thread = Thread, stride = Threads, quads = count / 4;
        for (int q = thread; q < quads; q += stride)
        {
            Float4 first = a4[q], second = b4[q];
            first.X = f.Apply(first.X, second.X);
            first.Y = f.Apply(first.Y, second.Y);
            first.Z = f.Apply(first.Z, second.Z);
            first.W = f.Apply(first.W, second.W);
            output4[q] = first;
        }
        int rest = (4 * quads) + thread;
        if (rest < count) output[rest] = f.Apply(a[rest], b[rest]);
    }

    /// <summary>output = f(a, b, c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Map<TOperation>(ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> output, int count, TOperation f)
        where TOperation : struct, IQuadOperation3
    {
        ArrayView<Float4> a4 = a.Cast<Float4>(), b4 = b.Cast<Float4>(), c4 = c.Cast<Float4>(), output4 = output.Cast<Float4>();
        int thread = Thread, stride = Threads, quads = count / 4;
        for (int q = thread; q < quads; q += stride)
        {
            Float4 first = a4[q], second = b4[q], third = c4[q];
            first.X = f.Apply(first.X, second.X, third.X);
            first.Y = f.Apply(first.Y, second.Y, third.Y);
            first.Z = f.Apply(first.Z, second.Z, third.Z);
            first.W = f.Apply(first.W, second.W, third.W);
            output4[q] = first;
        }
        int rest = (4 * quads) + thread;
        if (rest < count) output[rest] = f.Apply(a[rest], b[rest], c[rest]);
    }
}
