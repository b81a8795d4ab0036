using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

// One loop for all operations with one input, one for all with two: the operation is a struct, so that the JIT compiles a loop for each.
public static unsafe partial class Elementwise
{
    private static void Enqueue<TOperation>(string name, Tensor input, Tensor output, TOperation operation)
        where TOperation : struct, IUnary
    {
        float* x = input.Pointer, y = output.Pointer;
        int count = input.Count;
        input.Device.Enqueue(name, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width) operation.Apply(Vector512.Load(x + i)).Store(y + i);
            if (i < end) Lanes.Store(operation.Apply(Lanes.Load(x + i, end - i)), y + i, end - i);
        });
    }

    private static void Enqueue<TOperation>(string name, Tensor first, Tensor second, Tensor output, TOperation operation)
        where TOperation : struct, IBinary
    {
        float* a = first.Pointer, b = second.Pointer, y = output.Pointer;
        int count = first.Count;
        first.Device.Enqueue(name, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width) operation.Apply(Vector512.Load(a + i), Vector512.Load(b + i)).Store(y + i);
            if (i < end) Lanes.Store(operation.Apply(Lanes.Load(a + i, end - i), Lanes.Load(b + i, end - i)), y + i, end - i);
        });
    }

    private static void EnqueueFill(string operation, float value, Tensor output)
    {
        float* y = output.Pointer;
        int count = output.Count;
        output.Device.Enqueue(operation, worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            new Span<float>(y + begin, end - begin).Fill(value);
        });
    }
}
