namespace Mmrr.Kernels;

/// <content>The kernels with TF32 factors.</content>
public static partial class Convolution
{
    /// <summary>The emulation of the tensor cores on a simulator with at least 128 threads per group, or null. Only tests set it.</summary>
    internal static Tf32Kernels? SimulatedTf32 { get; set; }

    /// <summary>The kernels with TF32 factors, by the side of their blocks, 128 or 64.</summary>
    internal sealed record Tf32Kernels(
        Func<int, Action<ForwardTileArguments>> Forward, Func<int, Action<DataTileArguments>> BackwardData,
        Func<int, Action<WeightTileArguments>> BackwardWeight)
    {
        public static Tf32Kernels OnTensorCores { get; } = new(
            tile => tile == 128 ? ForwardTf32Tile128Kernel : ForwardTf32Tile64Kernel,
            tile => tile == 128 ? BackwardDataTf32Tile128Kernel : BackwardDataTf32Tile64Kernel,
            tile => tile == 128 ? BackwardWeightTf32Tile128Kernel : BackwardWeightTf32Tile64Kernel);
    }
}
