using System.Runtime.Intrinsics;
using ILGPU;
using ILGPU.Runtime;
using Mmrr.Kernels;

namespace Mmrr.Tests.Ptx;

/// <summary>Kernels of another assembly than the engine's, with what the reports are to show.</summary>
internal static class SampleKernels
{
    [SimtKernel]
    private static void Indexed(Index1D index, ArrayView<float> values) => values[index] += 1f;

    // Sixteen floats at a place that only a running program knows.
    [SimtKernel]
    private static void InLocalMemory(ArrayView<float> values, int count)
    {
        var kept = LocalMemory.Allocate1D<float>(16);
        for (int i = 0; i < 16; i++) kept[i] = values[i];
        for (int i = 0; i < count; i++) kept[i % 16] = (kept[(i + 1) % 16] * 0.5f) + kept[i % 16];
        for (int i = 0; i < 16; i++) values[i] = kept[i];
    }

    [SimtKernel(GroupSize = 128, MinGroups = 8)]
    private static void Wide(ArrayView<float> values, int count)
    {
        var vectors = values.Cast<Four>();
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += Grid.DimX * Group.DimX)
        {
            var v = vectors[i];
            v.A *= 2f;
            v.B += v.A;
            v.C += v.B;
            v.D += v.C;
            vectors[i] = v;
        }
    }

    [SimtKernel]
    internal static void Throwing(Few few)
    {
        if (few.Count < 0) throw new ArgumentOutOfRangeException(nameof(few), few.Values.ToString());
    }

    [SimtKernel(MinSm = 86)]
    private static void Newer(ArrayView<float> values, int count) => values[count] = 0f;

    [SimtKernel]
    private static void Twice(ArrayView<float> values, int count) => values[count] *= 2f;

    [SimtKernel]
    private static void Twice(ArrayView<float> values, float factor) => values[Group.IdxX] *= 2f * factor;

    /// <summary>A function of an assembly of one's own, x²: the engine's kernels run it.</summary>
    public readonly struct Square : IUnaryFunction
    {
        public static UnaryTraits Traits { get; } = new(nameof(Square), Operations: 1, GradientOperations: 2, Kept.Input, Roundings: 1);

        public Vector512<float> Value(Vector512<float> x) => x * x;

        public float Value(float x) => x * x;

        public double Value(double x) => x * x;

        public Vector512<float> Gradient(Vector512<float> kept, Vector512<float> outputGradient) => 2f * kept * outputGradient;

        public float Gradient(float kept, float outputGradient) => 2f * kept * outputGradient;
    }

    internal struct Few
    {
        public ArrayView<float> Values;
        public int Count;
    }

    private struct Four
    {
        public float A;
        public float B;
        public float C;
        public float D;
    }
}
