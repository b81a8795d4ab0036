using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class NoiseBlend
{
    private static void EnqueueForward(string operation, Tensor embedding, Tensor mask, Tensor noise, Tensor output)
    {
        float* e = embedding.Pointer, m = mask.Pointer, eps = noise.Pointer, y = output.Pointer;
        int count = embedding.Count;
        embedding.Device.Enqueue(operation, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                Blend(Vector512.Load(e + i), Vector512.Load(m + i), Vector512.Load(eps + i)).Store(y + i);
            }
            int rest = end - i;
            if (rest > 0) Lanes.Store(Blend(Lanes.Load(e + i, rest), Lanes.Load(m + i, rest), Lanes.Load(eps + i, rest)), y + i, rest);
        });
    }

    private static void EnqueueBackward(
        string operation, Tensor embedding, Tensor mask, Tensor noise, Tensor outputGradient, Tensor? embeddingGradient, Tensor? maskGradient)
    {
        float* e = embedding.Pointer, m = mask.Pointer, eps = noise.Pointer, g = outputGradient.Pointer;
        float* de = embeddingGradient is null ? null : embeddingGradient.Pointer;
        float* dm = maskGradient is null ? null : maskGradient.Pointer;
        int count = embedding.Count;
        embedding.Device.Enqueue(operation, worker =>
        {
            var (i, end) = worker.Share(count, Lanes.Grain);
            for (; i <= end - Lanes.Width; i += Lanes.Width)
            {
                var gradient = Vector512.Load(g + i);
                if (de is not null) (gradient * Vector512.Load(m + i)).Store(de + i);
                if (dm is not null) (gradient * (Vector512.Load(e + i) - Vector512.Load(eps + i))).Store(dm + i);
            }
            int rest = end - i;
            if (rest > 0)
            {
                var gradient = Lanes.Load(g + i, rest);
                if (de is not null) Lanes.Store(gradient * Lanes.Load(m + i, rest), de + i, rest);
                if (dm is not null) Lanes.Store(gradient * (Lanes.Load(e + i, rest) - Lanes.Load(eps + i, rest)), dm + i, rest);
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Blend(Vector512<float> e, Vector512<float> m, Vector512<float> noise) =>
        (e * m) + (noise * (Vector512<float>.One - m));
}
