using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

// One loop for all operations with one input, one for all with two: the operation is a struct, so that the JIT compiles a loop for each.
public static unsafe partial class Elementwise
{
    private interface IVector1 : IQuadOperation1
    {
        Vector512<float> Apply(Vector512<float> x);
    }

    private interface IVector2 : IQuadOperation2
    {
        Vector512<float> Apply(Vector512<float> a, Vector512<float> b);
    }

    private static void Map<TOperation>(SimdLaunch simd, Tensor input, Tensor output, TOperation operation)
        where TOperation : struct, IVector1
    {
        float* x = input.Pointer, y = output.Pointer;
        int count = input.Count;
        simd.Run(worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width) operation.Apply(Vector512.Load(x + i)).Store(y + i);
            if (i < end) Lanes.Store(operation.Apply(Lanes.Load(x + i, end - i)), y + i, end - i);
        });
    }

    private static void Map<TOperation>(SimdLaunch simd, Tensor first, Tensor second, Tensor output, TOperation operation)
        where TOperation : struct, IVector2
    {
        float* a = first.Pointer, b = second.Pointer, y = output.Pointer;
        int count = first.Count;
        simd.Run(worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width) operation.Apply(Vector512.Load(a + i), Vector512.Load(b + i)).Store(y + i);
            if (i < end) Lanes.Store(operation.Apply(Lanes.Load(a + i, end - i), Lanes.Load(b + i, end - i)), y + i, end - i);
        });
    }

    private readonly struct ValueOf<TFunction>(TFunction function) : IVector1
        where TFunction : struct, IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => function.Value(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float x) => function.Value(x);
    }

    private readonly struct GradientOf<TFunction>(TFunction function) : IVector2
        where TFunction : struct, IUnaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => function.Gradient(a, b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => function.Gradient(a, b);
    }

    private readonly struct BinaryOf<TFunction>(TFunction function) : IVector2
        where TFunction : struct, IBinaryFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => function.Value(a, b);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => function.Value(a, b);
    }
}
