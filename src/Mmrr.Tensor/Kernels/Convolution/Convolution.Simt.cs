using ILGPU;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entries for channels that are not a multiple of four, and the simulator's: direct convolutions, one thread per result, neighbouring threads on
/// neighbouring channels.
/// </content>
public static partial class Convolution
{
    // The weight and bias gradients are summed in parts, and the parts in order: enough parts to fill a GPU with threads and to keep the work per thread
    // small.
    private const int SimtFewestSplits = 16;
    private const int SimtMostSplits = 256;
    private const int SimtSplitThreads = 1 << 19;

    private static void ForwardSimt(Tensor x, Tensor weight, Tensor? bias, Tensor? residual, Geometry g, Tensor output)
    {
        var device = x.Device;
        if (SuitsTiles(device, g))
        {
            ForwardTiles(x, weight, bias, residual, g, output);
            return;
        }
        device.Simt.Launch(
            device.Grid(output.Count), ForwardKernel, x.View, weight.View, (bias ?? x).View, bias is null ? 0 : 1,
            (residual ?? x).View, residual is null ? 0 : 1, g, output.View);
    }

    private static void BackwardDataSimt(Tensor outputGradient, Tensor weight, Geometry g, Tensor inputGradient)
    {
        var device = weight.Device;
        if (SuitsTiles(device, g))
        {
            BackwardDataTiles(outputGradient, weight, g, inputGradient);
            return;
        }
        device.Simt.Launch(device.Grid(inputGradient.Count), BackwardDataKernel, outputGradient.View, weight.View, g, inputGradient.View);
    }

    private static void BackwardWeightSimt(Tensor x, Tensor outputGradient, Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        var device = x.Device;
        if (SuitsTiles(device, g))
        {
            BackwardWeightTiles(x, outputGradient, g, weightGradient, biasGradient);
            return;
        }
        int splits = SimtSplits(g, weightGradient.Count);
        using var partial = Tensor.Empty(device, Check.Intermediate("Convolution.BackwardWeight", "its partial sums", splits, weightGradient.Count));
        device.Simt.Launch(device.Grid(partial.Count), BackwardWeightKernel, x.View, outputGradient.View, g, splits, partial.View);
        device.Simt.Launch(device.Grid(weightGradient.Count), SumSplitsKernel, partial.View, splits, weightGradient.View);
        if (biasGradient is null) return;
        splits = SimtSplits(g, g.Outputs);
        using var biasPartial = Tensor.Empty(device, Check.Intermediate("Convolution.BackwardWeight", "its partial sums", splits, g.Outputs));
        device.Simt.Launch(device.Grid(biasPartial.Count), BackwardBiasKernel, outputGradient.View, g, splits, biasPartial.View);
        device.Simt.Launch(device.Grid(g.Outputs), SumSplitsKernel, biasPartial.View, splits, biasGradient.View);
    }

    private static int SimtSplits(in Geometry g, int results) =>
        Math.Min(Math.Clamp(SimtSplitThreads / results, SimtFewestSplits, SimtMostSplits), g.Images * g.OutputHeight);

    /// <summary>
    /// Thread: one result (n, i, j, o), o fastest, so that a warp reads one pixel's channel (a broadcast) and 32 neighbouring weights.
    /// 2·K²·C operations; bytes beyond the caches 4·(x + w + y).
    /// </summary>
    [SimtKernel]
    private static void ForwardKernel(
        ArrayView<float> x, ArrayView<float> weight, ArrayView<float> bias, int hasBias, ArrayView<float> residual, int hasResidual,
        Geometry g, ArrayView<float> output)
    {
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
                        for (int c = 0; c < g.Channels; c++) sum += x[from + c] * weight[at + (c * g.Outputs)];
                    }
                }
            }
            if (hasBias != 0) sum += bias[o];
            if (hasResidual != 0) sum += residual[index];
            output[index] = sum;
        }
    }

    /// <summary>Thread: one input gradient (n, h, w, c), c fastest; sums the outputs that read it. 2·K²/s²·O operations.</summary>
    [SimtKernel]
    private static void BackwardDataKernel(ArrayView<float> outputGradient, ArrayView<float> weight, Geometry g, ArrayView<float> inputGradient)
    {
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
                        for (int o = 0; o < g.Outputs; o++) sum += outputGradient[from + o] * weight[at + o];
                    }
                }
            }
            inputGradient[index] = sum;
        }
    }

    /// <summary>Thread: one weight (k, l, c, o) of one split of the image rows, o fastest. 2·N·OH·OW/splits operations.</summary>
    [SimtKernel]
    private static void BackwardWeightKernel(ArrayView<float> x, ArrayView<float> outputGradient, Geometry g, int splits, ArrayView<float> partial)
    {
        int weights = g.Kernel * g.Kernel * g.Channels * g.Outputs, rows = g.Images * g.OutputHeight;
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
                            sum += x[(((((n * g.Height) + h) * g.Width) + w) * g.Channels) + c] * outputGradient[(((row * g.OutputWidth) + j) * g.Outputs) + o];
                    }
                }
            }
            partial[index] = sum;
        }
    }

    /// <summary>Thread: one channel o of one split of the image rows. N·OH·OW/splits additions.</summary>
    [SimtKernel]
    private static void BackwardBiasKernel(ArrayView<float> outputGradient, Geometry g, int splits, ArrayView<float> partial)
    {
        int rows = g.Images * g.OutputHeight;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < g.Outputs * splits; index += Grid.DimX * Group.DimX)
        {
            int split = index / g.Outputs, o = index % g.Outputs;
            int end = (int)((long)rows * (split + 1) / splits) * g.OutputWidth;
            float sum = 0;
            for (int pixel = (int)((long)rows * split / splits) * g.OutputWidth; pixel < end; pixel++) sum += outputGradient[(pixel * g.Outputs) + o];
            partial[index] = sum;
        }
    }

    /// <summary>Thread: one sum over the splits, in order. Reads splits · 4 bytes, writes 4.</summary>
    [SimtKernel]
    private static void SumSplitsKernel(ArrayView<float> partial, int splits, ArrayView<float> sums)
    {
        int count = sums.IntLength;
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < count; index += Grid.DimX * Group.DimX)
        {
            float sum = partial[index];
            for (int split = 1; split < splits; split++) sum += partial[(split * count) + index];
            sums[index] = sum;
        }
    }
}
