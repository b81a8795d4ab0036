using ILGPU;
using ILGPU.Algorithms;

namespace Mmrr.Kernels;

/// <content>
/// The GPU entries if the channels of a group are not a multiple of four: a thread block for each (image, group of channels), tree sums in shared memory.
/// </content>
public static partial class GroupNormalization
{
    internal static void ForwardSimt(
        SimtLaunch simt, Tensor x, Tensor gamma, Tensor beta, Geometry g, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        var a = new ForwardArguments
        {
            X = x.View,
            Gamma = gamma.View,
            Beta = beta.View,
            Geometry = g,
            Epsilon = epsilon,
            Relu = relu ? 1 : 0,
            Output = output.View,
            Mean = mean.View,
            InverseDeviation = inverseDeviation.View,
        };
        var device = x.Device;
        if (SuitsSlabs(device, g)) ForwardSlabs(simt, device, a);
        else simt.Run(device.Groups(g.Images * g.Groups), ForwardKernel, a);
    }

    /// <summary>The gradients; that of the input may overwrite the output's: a thread reads what it then writes, and nobody else's.</summary>
    internal static void BackwardSimt(
        SimtLaunch simt, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Geometry g, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        var a = new BackwardArguments
        {
            X = x.View,
            Gamma = gamma.View,
            Beta = beta.View,
            Mean = mean.View,
            InverseDeviation = inverseDeviation.View,
            OutputGradient = outputGradient.View,
            Geometry = g,
            Relu = relu ? 1 : 0,
            InputGradient = inputGradient.View,
            GammaGradient = gammaGradient.View,
            BetaGradient = betaGradient.View,
        };
        var device = x.Device;
        if (SuitsSlabs(device, a.Geometry))
        {
            BackwardSlabs(simt, device, a);
            return;
        }
        simt.Run(device.Groups(a.Geometry.Channels), BackwardParametersKernel, a);
        simt.Run(device.Groups(a.Geometry.Images * a.Geometry.Groups), BackwardInputKernel, a);
    }

    /// <summary>
    /// Thread block: one (n, group). The threads iterate over its pixels · channels values, channel fastest, three times: mean, variance, result. Bytes
    /// 4·(3 reads, of which two from the cache if it is large enough, + 1 write) per value; 8 operations per value.
    /// </summary>
    [SimtKernel]
    private static void ForwardKernel(ForwardArguments a)
    {
        var x = a.X;
        var g = a.Geometry;
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
        float deviation = 1 / XMath.Sqrt((GroupSum(sum) / count) + a.Epsilon);
        if (Group.IdxX == 0)
        {
            a.Mean[Grid.IdxX] = mu;
            a.InverseDeviation[Grid.IdxX] = deviation;
        }
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float y = (a.Gamma[c] * ((x[at] - mu) * deviation)) + a.Beta[c];
            a.Output[at] = a.Relu != 0 && y < 0 ? 0 : y; // NaN propagates
        }
    }

    /// <summary>Thread block: one channel; sums over all images and pixels. Reads x and dy once, 8 bytes and 8 operations per value.</summary>
    [SimtKernel]
    private static void BackwardParametersKernel(BackwardArguments a)
    {
        var g = a.Geometry;
        int c = Grid.IdxX, group = c / (g.Channels / g.Groups);
        float scale = a.Gamma[c], shift = a.Beta[c], sum = 0, sumX = 0;
        for (int i = Group.IdxX; i < g.Images * g.Pixels; i += Group.DimX)
        {
            int statistics = (i / g.Pixels * g.Groups) + group;
            float normalized = (a.X[(i * g.Channels) + c] - a.Mean[statistics]) * a.InverseDeviation[statistics];
            float gradient = a.OutputGradient[(i * g.Channels) + c];
            if (a.Relu != 0 && !((scale * normalized) + shift > 0)) gradient = 0;
            sum += gradient;
            sumX += gradient * normalized;
        }
        sum = GroupSum(sum);
        sumX = GroupSum(sumX);
        if (Group.IdxX == 0)
        {
            a.BetaGradient[c] = sum;
            a.GammaGradient[c] = sumX;
        }
    }

    /// <summary>Thread block: one (n, group); one pass for the two means, one for the result. Bytes 4·(4 reads + 1 write) per value.</summary>
    [SimtKernel]
    private static void BackwardInputKernel(BackwardArguments a)
    {
        ArrayView<float> x = a.X, gamma = a.Gamma;
        var g = a.Geometry;
        int channels = g.Channels / g.Groups, count = g.Pixels * channels;
        int origin = (Grid.IdxX / g.Groups * g.Pixels * g.Channels) + (Grid.IdxX % g.Groups * channels), channel = Grid.IdxX % g.Groups * channels;
        float mu = a.Mean[Grid.IdxX], deviation = a.InverseDeviation[Grid.IdxX], sum = 0, sumX = 0;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float normalized = (x[at] - mu) * deviation, gradient = a.OutputGradient[at] * gamma[c];
            if (a.Relu != 0 && !((gamma[c] * normalized) + a.Beta[c] > 0)) gradient = 0;
            sum += gradient;
            sumX += gradient * normalized;
        }
        sum = GroupSum(sum) / count;
        sumX = GroupSum(sumX) / count;
        for (int i = Group.IdxX; i < count; i += Group.DimX)
        {
            int at = origin + (i / channels * g.Channels) + (i % channels), c = channel + (i % channels);
            float normalized = (x[at] - mu) * deviation, gradient = a.OutputGradient[at] * gamma[c];
            if (a.Relu != 0 && !((gamma[c] * normalized) + a.Beta[c] > 0)) gradient = 0;
            a.InputGradient[at] = deviation * (gradient - sum - (normalized * sumX));
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

    internal struct ForwardArguments
    {
        public ArrayView<float> X, Gamma, Beta; // [N, H, W, C], [C], [C]
        public Geometry Geometry;
        public int SlabGroups, Keeps; // only for slabs: the groups of channels in each, and whether it is kept in shared memory
        public float Epsilon;
        public int Relu;
        public ArrayView<float> Output, Mean, InverseDeviation; // [N, H, W, C], [N, G], [N, G]
    }

    internal struct BackwardArguments
    {
        public ArrayView<float> X, Gamma, Beta, Mean, InverseDeviation, OutputGradient; // as above, and [N, H, W, C]
        public Geometry Geometry;
        public int SlabGroups, Relu;
        public ArrayView<float> InputGradient, GammaGradient, BetaGradient; // [N, H, W, C]; [C] twice, for slabs [N, C]: the sums of each image
    }
}
