using ILGPU;

namespace Mmrr.Kernels;

/// <content>What the GPU kernels get.</content>
public static partial class BisectionMask
{
    internal struct ForwardArguments
    {
        public ArrayView<float> V, Levels, M, Bias, Slope; // [N, Length], [N, PerImage], [N·PerImage, Length], [N, PerImage] twice
        public int Length, PerImage, Newton; // Newton is 0 for bisection
        public float Tolerance;
        public int MaxSweeps;
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> M, Slope, Weights, MaskGradient, VGradient; // Weights: Σ g·m(1 − m) of each problem
        public int Length, PerImage, Images;
    }
}
