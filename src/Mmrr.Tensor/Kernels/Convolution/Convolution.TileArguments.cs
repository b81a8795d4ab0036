using ILGPU;

namespace Mmrr.Kernels;

/// <content>The arguments of the tiled GPU kernels, with float32 factors and with TF32 factors.</content>
public static partial class Convolution
{
    internal struct ForwardTileArguments
    {
        public ArrayView<float> X; // [N, H, W, C]
        public ArrayView<float> Weight; // [K, K, C, O]
        public ArrayView<float> Bias; // [O], if HasBias is 1; else any
        public ArrayView<float> Residual; // [N, OH, OW, O], if HasResidual is 1; else any
        public ArrayView<float> Output; // [Shares, N, OH, OW, O]
        public int HasBias, HasResidual, Outputs, Shares;
        public TileSweep Sweep;
    }

    internal struct DataTileArguments
    {
        public ArrayView<float> OutputGradient; // [N, OH, OW, O]
        public ArrayView<float> Weight; // [K, K, C, O]
        public ArrayView<float> InputGradient; // [Shares, N, H, W, C]
        public int Channels, Shares;
        public TileSweep Sweep;
    }

    internal struct WeightTileArguments
    {
        public ArrayView<float> X; // [N, H, W, C]
        public ArrayView<float> OutputGradient; // [N, OH, OW, O]
        public ArrayView<float> WeightGradient; // [Shares, K, K, C, O]
        public int Outputs, Shares;
        public PixelSweep Pixels; // the terms
        public TileSweep Rows; // the results
    }

    internal struct ShareArguments
    {
        public ArrayView<float> Partial; // [Shares, results]
        public ArrayView<float> Bias; // 4·BiasQuads floats, none if BiasQuads is 0
        public ArrayView<float> Residual; // like Output, if HasResidual is 1; else any
        public ArrayView<float> Output; // 4·Quads results
        public int Shares, BiasQuads, HasResidual, Quads;
    }
}
