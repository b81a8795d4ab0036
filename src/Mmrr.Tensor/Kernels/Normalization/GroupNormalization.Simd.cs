namespace Mmrr.Kernels;

/// <content>
/// The CPU entries. A unit of work is an image, or 64 of its channels if groups do not cross such a block. Forward reads x three times and writes y; for a
/// block that fits in the L2 cache only the first read goes to memory. Backward reads x and dy twice and writes dx.
/// </content>
public static unsafe partial class GroupNormalization
{
    private static void ForwardSimd(
        SimdLaunch simd, Tensor x, Tensor gamma, Tensor beta, Geometry g, float epsilon, bool relu, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, py = output.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer;
        var block = new Block(g);
        simd.Run(worker =>
        {
            float* means = worker.Scratch(4 * block.Lanes), scale = means + block.Lanes, offset = scale + block.Lanes, sums = offset + block.Lanes;
            while (worker.TryTake(g.Images * block.Count, out int unit))
            {
                int first = unit % block.Count * block.Channels, statistics = Statistics(block, g, epsilon, unit, px, pm, pd, means, sums);
                nint at = block.At(g, unit);
                for (int c = 0; c < block.Channels; c++)
                {
                    scale[c] = pg[first + c] * pd[statistics + (c / g.GroupChannels)];
                    offset[c] = pb[first + c];
                }
                block.Repeat(scale);
                block.Repeat(offset);
                block.Apply(px + at, means, scale, offset, relu, py + at);
            }
        });
    }

    /// <summary>The statistics alone, by all workers; a barrier must follow.</summary>
    internal static void Statistics(Geometry g, float epsilon, float* x, float* mean, float* inverseDeviation, Worker worker)
    {
        var block = new Block(g);
        float* means = worker.Scratch(2 * block.Lanes), sums = means + block.Lanes;
        while (worker.TryTake(g.Images * block.Count, out int unit)) Statistics(block, g, epsilon, unit, x, mean, inverseDeviation, means, sums);
    }

    /// <summary>A unit's means and deviations, the means also for all lanes; returns the index of the first.</summary>
    private static int Statistics(
        in Block block, in Geometry g, float epsilon, int unit, float* x, float* mean, float* inverseDeviation, float* means, float* sums)
    {
        float count = (float)g.Pixels * g.GroupChannels;
        int first = (unit / block.Count * g.Groups) + (unit % block.Count * block.Channels / g.GroupChannels), groups = block.Channels / g.GroupChannels;
        x += block.At(g, unit);
        new Span<float>(means, block.Lanes).Clear();
        block.Sum(x, sums);
        for (int group = 0; group < groups; group++)
        {
            mean[first + group] = Total(sums + (group * g.GroupChannels), g.GroupChannels) / count;
            new Span<float>(means + (group * g.GroupChannels), g.GroupChannels).Fill(mean[first + group]);
        }
        block.Repeat(means);
        block.SumOfSquares(x, means, sums);
        for (int group = 0; group < groups; group++)
            inverseDeviation[first + group] = 1 / MathF.Sqrt((Total(sums + (group * g.GroupChannels), g.GroupChannels) / count) + epsilon);
        return first;
    }

    private static void BackwardSimd(
        SimdLaunch simd, Tensor x, Tensor gamma, Tensor beta, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Geometry g, bool relu,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        using var partial = Tensor.Empty(x.Device, PartialShape(g));
        float* px = x.Pointer, pg = gamma.Pointer, pb = beta.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer, pdy = outputGradient.Pointer;
        float* pdx = inputGradient.Pointer, pdg = gammaGradient.Pointer, pdb = betaGradient.Pointer, pp = partial.Pointer;
        simd.Run(worker => Gradients(g, relu, px, pg, pb, pm, pd, pdy, null, pdx, pdg, pdb, pp, worker));
    }

    /// <summary>Each image's Σ g and Σ g·x̂, whose sums over images are dβ and dγ: [2, N, C].</summary>
    internal static Shape PartialShape(in Geometry g) => new(2, g.Images, g.Channels);

    /// <summary>The gradients, by all workers.</summary>
    /// <param name="g">The sizes.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="mean">[N, G].</param>
    /// <param name="inverseDeviation">[N, G].</param>
    /// <param name="dy">Laid out like x.</param>
    /// <param name="addend">Added to dx, laid out like x; or null.</param>
    /// <param name="dx">Laid out like x; may be dy.</param>
    /// <param name="gammaGradient">[C].</param>
    /// <param name="betaGradient">[C].</param>
    /// <param name="partial"><see cref="PartialShape"/>.</param>
    /// <param name="worker">The worker.</param>
    internal static void Gradients(
        Geometry g, bool relu, float* x, float* gamma, float* beta, float* mean, float* inverseDeviation, float* dy, float* addend, float* dx,
        float* gammaGradient, float* betaGradient, float* partial, Worker worker)
    {
        var block = new Block(g);
        float* means = worker.Scratch(6 * block.Lanes), scale = means + block.Lanes, offset = scale + block.Lanes;
        float* sums = offset + block.Lanes, products = sums + block.Lanes, deviations = products + block.Lanes;
        float count = (float)g.Pixels * g.GroupChannels;
        while (worker.TryTake(g.Images * block.Count, out int unit))
        {
            int n = unit / block.Count, first = unit % block.Count * block.Channels;
            nint at = block.At(g, unit);
            for (int c = 0; c < block.Channels; c++)
            {
                int group = (n * g.Groups) + ((first + c) / g.GroupChannels);
                means[c] = mean[group];
                deviations[c] = inverseDeviation[group];
                scale[c] = gamma[first + c] * inverseDeviation[group];
                offset[c] = beta[first + c];
            }
            block.Repeat(means);
            block.Repeat(scale);
            block.Repeat(offset);
            block.SumGradients(x + at, dy + at, means, scale, offset, relu, sums, products);
            float* sumG = partial + ((nint)n * g.Channels) + first, sumGx = sumG + ((nint)g.Images * g.Channels);
            for (int c = 0; c < block.Channels; c++)
            {
                sumG[c] = sums[c];
                sumGx[c] = products[c] * deviations[c];
            }
            // Per group, replacing the sums: mean(γ·g)/σ and mean(γ·g·x̂)/σ².
            for (int begin = 0; begin < block.Channels; begin += g.GroupChannels)
            {
                float sum = 0, sumX = 0, deviation = deviations[begin];
                for (int c = begin; c < begin + g.GroupChannels; c++)
                {
                    sum += gamma[first + c] * sumG[c];
                    sumX += gamma[first + c] * sumGx[c];
                }
                new Span<float>(sums + begin, g.GroupChannels).Fill(sum / count * deviation);
                new Span<float>(products + begin, g.GroupChannels).Fill(sumX / count * deviation * deviation);
            }
            block.Repeat(sums);
            block.Repeat(products);
            block.ApplyGradients(x + at, dy + at, means, scale, offset, relu, sums, products, addend == null ? null : addend + at, dx + at);
        }
        worker.Barrier();
        var (start, end) = worker.Share(g.Channels, Block.Row);
        for (int c = start; c < end; c++)
        {
            float sum = 0, sumX = 0;
            for (int n = 0; n < g.Images; n++)
            {
                sum += partial[((nint)n * g.Channels) + c];
                sumX += partial[((nint)(g.Images + n) * g.Channels) + c];
            }
            betaGradient[c] = sum;
            gammaGradient[c] = sumX;
        }
    }

    private static float Total(float* values, int count)
    {
        float total = 0;
        for (int i = 0; i < count; i++) total += values[i];
        return total;
    }
}
