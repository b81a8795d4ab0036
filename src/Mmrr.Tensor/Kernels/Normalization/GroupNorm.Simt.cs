using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entries if the channels of a group are not a multiple of four: a thread block for each (image, group of channels), tree sums in shared memory.
/// </content>
public static partial class GroupNorm
{
    private static void ForwardSimt(
        Tensor x, Tensor gamma, Tensor beta, Geometry g, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        if (SuitsSlabs(x.Device, g))
        {
            ForwardSlabs(x, gamma, beta, g, epsilon, relu, output, mean, inverseDeviation);
            return;
        }
        x.Device.Simt.Launch(
            x.Device.Groups(g.Images * g.Groups), ForwardKernel, x.View, gamma.View, beta.View, g, epsilon, relu ? 1 : 0,
            output.View, mean.View, inverseDeviation.View);
    }

    private static void BackwardSimt(
        Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Geometry g, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        var device = x.Device;
        if (SuitsSlabs(device, g))
        {
            BackwardSlabs(x, gamma, beta, mean, inverseDeviation, outputGradient, g, relu, inputGradient, gammaGradient, betaGradient);
            return;
        }
        device.Simt.Launch(
            device.Groups(g.Channels), BackwardParametersKernel, x.View, gamma.View, beta.View, mean.View, inverseDeviation.View,
            outputGradient.View, g, relu ? 1 : 0, gammaGradient.View, betaGradient.View);
        device.Simt.Launch(
            device.Groups(g.Images * g.Groups), BackwardInputKernel, x.View, gamma.View, beta.View, mean.View, inverseDeviation.View,
            outputGradient.View, g, relu ? 1 : 0, inputGradient.View);
    }

    /// <summary>
    /// Thread block: one (n, group). The threads iterate over its pixels · channels values, channel fastest, three times: mean, variance, result. Bytes
    /// 4·(3 reads, of which two from the cache if it is large enough, + 1 write) per value; 8 operations per value.
    /// </summary>
    [SimtKernel]
    private static void ForwardKernel(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, Geometry g, float epsilon, int relu,
        ArrayView<float> output, ArrayView<float> mean, ArrayView<float> inverseDeviation)
    {
        int channels = g.Channels / g.Groups, count = g.Pixels * channels;
        int origin = (Grid.IdxX / g.Groups * g.Pixels * g.Channels) + (Grid.IdxX % g.Groups * channels), channel = Grid.IdxX % g.Groups * channels;
        float sum = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX) sum += x[origin + (i / channels * g.Channels) + (i % channels)];
        float mu = GroupSum(sum) / count;
        sum = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            float d = x[origin + (i / channels * g.Channels) + (i % channels)] - mu;
            sum += d * d;
        }
        float deviation = 1 / XMath.Sqrt((GroupSum(sum) / count) + epsilon);
        if (Group.IdxX == 0)
        {
            mean[Grid.IdxX] = mu;
            inverseDeviation[Grid.IdxX] = deviation;
        }
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float y = (gamma[c] * ((x[at] - mu) * deviation)) + beta[c];
            output[at] = relu != 0 && y < 0 ? 0 : y; // NaN propagates
        }
    }

    /// <summary>Thread block: one channel; sums over all images and pixels. Reads x and dy once, 8 bytes and 8 operations per value.</summary>
    [SimtKernel]
    private static void BackwardParametersKernel(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> mean, ArrayView<float> inverseDeviation,
        ArrayView<float> outputGradient, Geometry g, int relu, ArrayView<float> gammaGradient, ArrayView<float> betaGradient)
    {
        int c = Grid.IdxX, group = c / (g.Channels / g.Groups);
        float scale = gamma[c], shift = beta[c], sum = 0, sumX = 0;
        for (int i = Group.IdxX; i < g.Images * g.Pixels; i += Group.DimX)
        {
            int statistics = (i / g.Pixels * g.Groups) + group;
            float normalized = (x[(i * g.Channels) + c] - mean[statistics]) * inverseDeviation[statistics];
            float gradient = outputGradient[(i * g.Channels) + c];
            if (relu != 0 && !((scale * normalized) + shift > 0)) gradient = 0;
            sum += gradient;
            sumX += gradient * normalized;
        }
        sum = GroupSum(sum);
        sumX = GroupSum(sumX);
        if (Group.IdxX == 0)
        {
            betaGradient[c] = sum;
            gammaGradient[c] = sumX;
        }
    }

    /// <summary>Thread block: one (n, group); one pass for the two means, one for the result. Bytes 4·(4 reads + 1 write) per value.</summary>
    [SimtKernel]
    private static void BackwardInputKernel(
        ArrayView<float> x, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<float> mean, ArrayView<float> inverseDeviation,
        ArrayView<float> outputGradient, Geometry g, int relu, ArrayView<float> inputGradient)
    {
        int channels = g.Channels / g.Groups, count = g.Pixels * channels;
        int origin = (Grid.IdxX / g.Groups * g.Pixels * g.Channels) + (Grid.IdxX % g.Groups * channels), channel = Grid.IdxX % g.Groups * channels;
        float mu = mean[Grid.IdxX], deviation = inverseDeviation[Grid.IdxX], sum = 0, sumX = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float normalized = (x[at] - mu) * deviation, gradient = outputGradient[at] * gamma[c];
            if (relu != 0 && !((gamma[c] * normalized) + beta[c] > 0)) gradient = 0;
            sum += gradient;
            sumX += gradient * normalized;
        }
        sum = GroupSum(sum) / count;
        sumX = GroupSum(sumX) / count;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float normalized = (x[at] - mu) * deviation, gradient = outputGradient[at] * gamma[c];
            if (relu != 0 && !((gamma[c] * normalized) + beta[c] > 0)) gradient = 0;
            inputGradient[at] = deviation * (gradient - sum - (normalized * sumX));
        }
    }

    /// <summary>The sum over the group's threads, a tree sum in shared memory, the same for every thread.</summary>
    private static float GroupSum(float value)
    {
        var shared = SharedMemory.Allocate<float>(256);
        shared[Group.IdxX] = value;
        Group.Barrier();
        for (int half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half) shared[Group.IdxX] += shared[Group.IdxX + half];
            Group.Barrier();
        }
        float sum = shared[0];
        Group.Barrier();
        return sum;
    }
}
