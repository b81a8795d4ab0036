using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

// The operation on an element, on vectors for the cpu and on scalars for SIMT kernels.
public static unsafe partial class Elementwise
{
    private interface IUnary : IQuadOperation1
    {
        Vector512<float> Apply(Vector512<float> x);
    }

    private interface IBinary : IQuadOperation2
    {
        Vector512<float> Apply(Vector512<float> a, Vector512<float> b);
    }

    private readonly struct Sum : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a + b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => a + b;
    }

    private readonly struct Product : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> a, Vector512<float> b) => a * b;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float a, float b) => a * b;
    }

    private readonly struct Scaling(float factor) : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => x * factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float x) => factor * x;
    }

    private readonly struct HyperbolicTangent : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Exponential.Tanh(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float x) => Exponential.Tanh(x);
    }

    private readonly struct HyperbolicTangentGradient : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> output, Vector512<float> gradient) => gradient * (Vector512<float>.One - (output * output));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float output, float gradient) => gradient * (1f - (output * output));
    }

    private readonly struct Logistic : IUnary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Exponential.Sigmoid(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float x) => Exponential.Sigmoid(x);
    }

    private readonly struct LogisticGradient : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> output, Vector512<float> gradient) => gradient * (output * (Vector512<float>.One - output));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float output, float gradient) => gradient * (output * (1f - output));
    }

    private readonly struct Rectifier : IUnary
    {
        // The native maximum returns its second argument when that is NaN.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> x) => Vector512.MaxNative(Vector512<float>.Zero, x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float x) => x < 0f ? 0f : x;
    }

    private readonly struct RectifierGradient : IBinary
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<float> Apply(Vector512<float> output, Vector512<float> gradient) =>
            Vector512.GreaterThan(output, Vector512<float>.Zero) & gradient;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public float Apply(float output, float gradient) => output > 0f ? gradient : 0f;
    }
}
