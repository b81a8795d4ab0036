using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entries for channels that are not a multiple of four, kernels above 5 or strides above 2, and the simulator's: direct convolutions, one thread per
/// result, neighbouring threads on neighbouring channels.
/// </content>
public static partial class Convolution
{
    // The weight and bias gradients are summed in parts, and the parts in order: enough parts to fill a GPU with threads and to keep the work per thread
    // small.
    private const int SimtFewestSplits = 16;
    private const int SimtMostSplits = 256;
    private const int SimtSplitThreads = 1 << 19;

    internal static void ForwardSimt(SimtLaunch simt, Tensor x, Tensor weight, Tensor? bias, Tensor? residual, Geometry g, Tensor output)
    {
        var device = x.Device;
        if (SuitsTiles(device, g))
        {
            ForwardTiles(simt, x, weight, bias, residual, g, output);
            return;
        }
        simt.Run(
            device.Grid(output.Count), ForwardKernel,
            new ForwardArguments
            {
                X = x.View,
                Weight = weight.View,
                Bias = (bias ?? x).View,
                HasBias = bias is null ? 0 : 1,
                Residual = (residual ?? x).View,
                HasResidual = residual is null ? 0 : 1,
                Geometry = g,
                Output = output.View,
            });
    }

    internal static void BackwardDataSimt(SimtLaunch simt, Tensor outputGradient, Tensor weight, Geometry g, Tensor inputGradient)
    {
        var device = weight.Device;
        if (SuitsTiles(device, g))
        {
            BackwardDataTiles(simt, outputGradient, weight, g, inputGradient);
            return;
        }
        simt.Run(
            device.Grid(inputGradient.Count), BackwardDataKernel,
            new DataArguments { OutputGradient = outputGradient.View, Weight = weight.View, Geometry = g, InputGradient = inputGradient.View });
    }

    internal static void BackwardWeightSimt(
        SimtLaunch simt, Tensor x, Tensor outputGradient, Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        var device = x.Device;
        if (SuitsTiles(device, g))
        {
            BackwardWeightTiles(simt, x, outputGradient, g, weightGradient, biasGradient);
            return;
        }
        int splits = SimtSplits(g, weightGradient.Count);
        using var partial = Tensor.Empty(device, Check.Intermediate("Convolution.BackwardWeight", "its partial sums", splits, weightGradient.Count));
        simt.Run(
            device.Grid(partial.Count), BackwardWeightKernel,
            new WeightArguments { X = x.View, OutputGradient = outputGradient.View, Geometry = g, Splits = splits, Partial = partial.View });
        SumSplits(simt, partial, splits, weightGradient);
        if (biasGradient is not null) BiasSplits(simt, "Convolution.BackwardWeight", outputGradient, g, biasGradient);
    }

    private static void BiasSplits(SimtLaunch simt, string operation, Tensor outputGradient, in Geometry g, Tensor biasGradient)
    {
        var device = biasGradient.Device;
        int splits = SimtSplits(g, g.Outputs);
        using var partial = Tensor.Empty(device, Check.Intermediate(operation, "its partial sums", splits, g.Outputs));
        simt.Run(
            device.Grid(partial.Count), BackwardBiasKernel,
            new BiasArguments { OutputGradient = outputGradient.View, Geometry = g, Splits = splits, Partial = partial.View });
        SumSplits(simt, partial, splits, biasGradient);
    }

    private static void SumSplits(SimtLaunch simt, Tensor partial, int splits, Tensor sums) => simt.Run(
        sums.Device.Grid(sums.Count), SumSplitsKernel, new SplitArguments { Partial = partial.View, Splits = splits, Sums = sums.View });

    private static int SimtSplits(in Geometry g, int results) =>
        Math.Min(Math.Clamp(SimtSplitThreads / results, SimtFewestSplits, SimtMostSplits), g.Images * g.OutputHeight);

    /// <summary>
    /// Thread: one result (n, i, j, o), o fastest, so that a warp reads one pixel's channel (a broadcast) and 32 neighbouring weights.
    /// 2·K²·C operations; bytes beyond the caches 4·(x + w + y).
    /// </summary>
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a)
    {
        var g = a.Geometry;
        int count = g.Images * g.OutputHeight * g.OutputWidth * g.Outputs;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < count; index += Grid.DimX * Group.DimX)
        {
            int o = index % g.Outputs, pixel = index / g.Outputs;
            int j = pixel % g.OutputWidth, i = pixel / g.OutputWidth % g.OutputHeight, n = pixel / (g.OutputWidth * g.OutputHeight);
            float sum = 0;
            for (int k = 0; k < g.Kernel; k++)
            {
                int h = (i * g.Stride) + k - (g.Kernel / 2);
                for (int l = 0; l < g.Kernel; l++)
                {
                    int w = (j * g.Stride) + l - (g.Kernel / 2);
                    if (h >= 0 && h < g.Height && w >= 0 && w < g.Width)
                    {
                        int from = ((((n * g.Height) + h) * g.Width) + w) * g.Channels;
                        int at = (((k * g.Kernel) + l) * g.Channels * g.Outputs) + o;
                        for (int c = 0; c < g.Channels; c++) sum += a.X[from + c] * a.Weight[at + (c * g.Outputs)];
                    }
                }
            }
            if (a.HasBias != 0) sum += a.Bias[o];
            if (a.HasResidual != 0) sum += a.Residual[index];
            a.Output[index] = sum;
        }
    }

    /// <summary>Thread: one input gradient (n, h, w, c), c fastest; sums the outputs that read it. 2·K²/s²·O operations.</summary>
    [SimtKernel]
    private static void BackwardDataKernel(DataArguments a)
    {
        var g = a.Geometry;
        int count = g.Images * g.Height * g.Width * g.Channels;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < count; index += Grid.DimX * Group.DimX)
        {
            int c = index % g.Channels, pixel = index / g.Channels;
            int w = pixel % g.Width, h = pixel / g.Width % g.Height, n = pixel / (g.Width * g.Height);
            float sum = 0;
            for (int k = 0; k < g.Kernel; k++)
            {
                int row = h + (g.Kernel / 2) - k, i = row / g.Stride;
                for (int l = 0; l < g.Kernel; l++)
                {
                    int column = w + (g.Kernel / 2) - l, j = column / g.Stride;
                    if (row >= 0 && i * g.Stride == row && i < g.OutputHeight && column >= 0 && j * g.Stride == column && j < g.OutputWidth)
                    {
                        int from = ((((n * g.OutputHeight) + i) * g.OutputWidth) + j) * g.Outputs;
                        int at = ((((k * g.Kernel) + l) * g.Channels) + c) * g.Outputs;
                        for (int o = 0; o < g.Outputs; o++) sum += a.OutputGradient[from + o] * a.Weight[at + o];
                    }
                }
            }
            a.InputGradient[index] = sum;
        }
    }

    /// <summary>Thread: one weight (k, l, c, o) of one split of the image rows, o fastest. 2·N·OH·OW/splits operations.</summary>
    [SimtKernel]
    private static void BackwardWeightKernel(WeightArguments a)
    {
        var g = a.Geometry;
        int weights = g.Kernel * g.Kernel * g.Channels * g.Outputs, rows = g.Images * g.OutputHeight, splits = a.Splits;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < weights * splits; index += Grid.DimX * Group.DimX)
        {
            int split = index / weights, weight = index % weights;
            int o = weight % g.Outputs, c = weight / g.Outputs % g.Channels, tap = weight / (g.Outputs * g.Channels);
            int k = tap / g.Kernel, l = tap % g.Kernel;
            int end = (int)((long)rows * (split + 1) / splits);
            float sum = 0;
            for (int row = (int)((long)rows * split / splits); row < end; row++)
            {
                int n = row / g.OutputHeight, h = (row % g.OutputHeight * g.Stride) + k - (g.Kernel / 2);
                if (h >= 0 && h < g.Height)
                {
                    for (int j = 0; j < g.OutputWidth; j++)
                    {
                        int w = (j * g.Stride) + l - (g.Kernel / 2);
                        if (w >= 0 && w < g.Width)
                        {
                            int from = (((((n * g.Height) + h) * g.Width) + w) * g.Channels) + c;
                            sum += a.X[from] * a.OutputGradient[(((row * g.OutputWidth) + j) * g.Outputs) + o];
                        }
                    }
                }
            }
            a.Partial[index] = sum;
        }
    }

    /// <summary>Thread: one channel o of one split of the image rows. N·OH·OW/splits additions.</summary>
    [SimtKernel]
    private static void BackwardBiasKernel(BiasArguments a)
    {
        var g = a.Geometry;
        int rows = g.Images * g.OutputHeight, splits = a.Splits;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < g.Outputs * splits; index += Grid.DimX * Group.DimX)
        {
            int split = index / g.Outputs, o = index % g.Outputs;
            int end = (int)((long)rows * (split + 1) / splits) * g.OutputWidth;
            float sum = 0;
            for (int pixel = (int)((long)rows * split / splits) * g.OutputWidth; pixel < end; pixel++) sum += a.OutputGradient[(pixel * g.Outputs) + o];
            a.Partial[index] = sum;
        }
    }

    /// <summary>Thread: one sum over the splits, in order. Reads splits · 4 bytes, writes 4.</summary>
    [SimtKernel]
    private static void SumSplitsKernel(SplitArguments a)
    {
        int count = a.Sums.IntLength;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < count; index += Grid.DimX * Group.DimX)
        {
            float sum = a.Partial[index];
            for (int split = 1; split < a.Splits; split++) sum += a.Partial[(split * count) + index];
            a.Sums[index] = sum;
        }
    }

    internal struct ForwardArguments
    {
        public ArrayView<float> X; // [N, H, W, C]
        public ArrayView<float> Weight; // [K, K, C, O]
        public ArrayView<float> Bias; // [O], if HasBias is 1; else any
        public ArrayView<float> Residual; // [N, OH, OW, O], if HasResidual is 1; else any
        public ArrayView<float> Output; // [N, OH, OW, O]
        public int HasBias, HasResidual;
        public Geometry Geometry;
    }

    internal struct DataArguments
    {
        public ArrayView<float> OutputGradient; // [N, OH, OW, O]
        public ArrayView<float> Weight; // [K, K, C, O]
        public ArrayView<float> InputGradient; // [N, H, W, C]
        public Geometry Geometry;
    }

    internal struct WeightArguments
    {
        public ArrayView<float> X; // [N, H, W, C]
        public ArrayView<float> OutputGradient; // [N, OH, OW, O]
        public ArrayView<float> Partial; // [Splits, K, K, C, O]
        public Geometry Geometry;
        public int Splits;
    }

    internal struct BiasArguments
    {
        public ArrayView<float> OutputGradient; // [N, OH, OW, O]
        public ArrayView<float> Partial; // [Splits, O]
        public Geometry Geometry;
        public int Splits;
    }

    internal struct SplitArguments
    {
        public ArrayView<float> Partial; // [Splits, results]
        public ArrayView<float> Sums; // [results]
        public int Splits;
    }
}
