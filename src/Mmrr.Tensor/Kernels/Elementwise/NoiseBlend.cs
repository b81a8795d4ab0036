using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The noisy blend of the method: ẽ = e⊙m + ε⊙(1 − m) (the paper's equation 1). All tensors of a call have the same shape (any) and device. ε is
/// drawn, not computed, so it has no gradient. Memory-bound: 16 bytes per element forward, 24 backward.
/// </summary>
public static unsafe class NoiseBlend
{
    /// <summary>output = e⊙m + noise⊙(1 − m).</summary>
    /// <param name="e">The embedding.</param>
    /// <param name="m">The mask, in [0, 1]; 0 gives exactly the noise, 1 exactly the embedding.</param>
    /// <param name="noise">ε.</param>
    /// <param name="output">ẽ; may be one of the inputs.</param>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Forward(Tensor e, Tensor m, Tensor noise, Tensor output)
    {
        ArgumentNullException.ThrowIfNull(e);
        Kernel.Run(
            "NoiseBlend.Forward", [("e", e), ("m", m, e.Shape), ("noise", noise, e.Shape)], [("output", output, e.Shape)],
            simd => ForwardSimd(simd, e, m, noise, output),
            simt => simt.Run(
                QuadWalk.Grid(e.Device, e.Count), ForwardKernel,
                new ForwardArguments { E = e.View, M = m.View, Noise = noise.View, Output = output.View, Count = e.Count }),
            operations: 4.0 * e.Count, inPlace: true);
    }

    /// <summary>eGradient = outputGradient⊙m, mGradient = outputGradient⊙(e − noise); either may be null.</summary>
    /// <exception cref="ArgumentException">The shapes or devices differ.</exception>
    public static void Backward(Tensor e, Tensor m, Tensor noise, Tensor outputGradient, Tensor? eGradient, Tensor? mGradient)
    {
        ArgumentNullException.ThrowIfNull(e);
        if (eGradient is null && mGradient is null) return;
        var shape = e.Shape;
        // g, and for each gradient an output; m for that of e, and e and the noise for that of m.
        double operations = (eGradient is null ? 0 : 1) + (mGradient is null ? 0 : 2), bytes = 4 + (eGradient is null ? 0 : 8) + (mGradient is null ? 0 : 12);
        Kernel.Run(
            "NoiseBlend.Backward", [("e", e), ("m", m, shape), ("noise", noise, shape), ("outputGradient", outputGradient, shape)],
            [Argument.Optional("eGradient", eGradient, shape), Argument.Optional("mGradient", mGradient, shape)],
            simd => BackwardSimd(simd, e, m, noise, outputGradient, eGradient, mGradient),
            simt =>
            {
                // For an unwanted output, a view that the kernel does not access.
                var unused = outputGradient.View;
                simt.Run(
                    QuadWalk.Grid(e.Device, e.Count), BackwardKernel,
                    new BackwardArguments
                    {
                        E = e.View,
                        M = m.View,
                        Noise = noise.View,
                        OutputGradient = unused,
                        EGradient = eGradient?.View ?? unused,
                        MGradient = mGradient?.View ?? unused,
                        WantE = eGradient is null ? 0 : 1,
                        WantM = mGradient is null ? 0 : 1,
                        Count = e.Count,
                    });
            },
            operations * e.Count, bytes * e.Count);
    }

    private static void ForwardSimd(SimdLaunch simd, Tensor embedding, Tensor mask, Tensor noise, Tensor output)
    {
        float* e = embedding.Pointer, m = mask.Pointer, eps = noise.Pointer, y = output.Pointer;
        int count = embedding.Count;
        simd.Run(worker =>
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

    private static void BackwardSimd(
        SimdLaunch simd, Tensor embedding, Tensor mask, Tensor noise, Tensor outputGradient, Tensor? embeddingGradient, Tensor? maskGradient)
    {
        float* e = embedding.Pointer, m = mask.Pointer, eps = noise.Pointer, g = outputGradient.Pointer;
        float* de = embeddingGradient is null ? null : embeddingGradient.Pointer;
        float* dm = maskGradient is null ? null : maskGradient.Pointer;
        int count = embedding.Count;
        simd.Run(worker =>
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

    // Like QuadWalk: three loads and one store of 16 bytes; 16 bytes and 4 operations per element.
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a) => QuadWalk.Map(a.E, a.M, a.Noise, a.Output, a.Count, default(Blending));

    // Like QuadWalk with up to two outputs: at most 24 bytes and 3 operations per element. The conditions are the same in every thread.
    [SimtKernel]
    private static void BackwardKernel(BackwardArguments a)
    {
        ArrayView<Float4> e4 = a.E.Cast<Float4>(), m4 = a.M.Cast<Float4>(), noise4 = a.Noise.Cast<Float4>(), gradient4 = a.OutputGradient.Cast<Float4>();
        ArrayView<Float4> eGradient4 = a.EGradient.Cast<Float4>(), mGradient4 = a.MGradient.Cast<Float4>();
        int thread = QuadWalk.Thread, stride = QuadWalk.Threads, quads = a.Count / 4;
        for (int q = thread; q < quads; q += stride)
        {
            var gradient = gradient4[q];
            if (a.WantE != 0) eGradient4[q] = Float4.Multiply(gradient, m4[q]);
            if (a.WantM != 0) mGradient4[q] = Float4.Multiply(gradient, Float4.Subtract(e4[q], noise4[q]));
        }
        int rest = (4 * quads) + thread;
        if (rest < a.Count)
        {
            float gradient = a.OutputGradient[rest];
            if (a.WantE != 0) a.EGradient[rest] = gradient * a.M[rest];
            if (a.WantM != 0) a.MGradient[rest] = gradient * (a.E[rest] - a.Noise[rest]);
        }
    }

    private readonly struct Blending : IQuadOperation3
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float e, float m, float noise) => (e * m) + (noise * (1f - m));
    }

    internal struct ForwardArguments
    {
        public ArrayView<float> E, M, Noise, Output;
        public int Count;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> E, M, Noise, OutputGradient, EGradient, MGradient;
        public int WantE, WantM, Count; // a gradient that is not wanted is not accessed
    }
}
