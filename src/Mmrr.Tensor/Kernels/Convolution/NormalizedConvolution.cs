namespace Mmrr.Kernels;

/// <summary>
/// A convolution of group-normalised and rectified images, y = conv(max(0, γ·(x − μ)/√(σ² + ε) + β), w) + b (+ r), stride 1: the results of
/// <see cref="GroupNormalization"/> and <see cref="Convolution"/> one after the other. On <c>cpu</c> 3×3 convolutions of whole vectors of channels normalise
/// where they read, and the normalised images are never in memory; elsewhere those are an intermediate tensor. Backward computes them again in place of
/// keeping them: half of a residual block's memory.
/// </summary>
public static unsafe class NormalizedConvolution
{
    /// <summary>Normalises and convolves; stores μ and 1/√(σ² + ε) for the gradients.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="normalization">How x is normalised.</param>
    /// <param name="weight">[K, K, C, O], K odd.</param>
    /// <param name="bias">[O], or null for none.</param>
    /// <param name="residual">Added to the result, of the output's shape; null for none.</param>
    /// <param name="output">[N, H, W, O]; must not share memory with the inputs.</param>
    /// <param name="mean">[N, G].</param>
    /// <param name="inverseDeviation">[N, G].</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void Forward(
        Tensor x, Normalization normalization, Tensor weight, Tensor? bias, Tensor? residual, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        const string Operation = "NormalizedConvolution.Forward";
        var (g, n) = Geometries(Operation, x, normalization, weight?.Shape);
        var (gamma, beta, _, epsilon) = normalization;
        if (!WinogradProduct.Suits(g))
        {
            using var normal = Tensor.Empty(x.Device, x.Shape);
            GroupNormalization.Forward(x, gamma, beta, n.Groups, epsilon, relu: true, normal, mean, inverseDeviation);
            Convolution.Forward(normal, weight!, bias, residual, 1, output);
            return;
        }
        Shape channels = new(g.Channels), outputShape = g.OutputShape, statistics = new(n.Images, n.Groups);
        Kernel.Run(
            Operation,
            [
                ("x", x), ("gamma", gamma, channels), ("beta", beta, channels), ("weight", weight!),
                Argument.Optional("bias", bias, new Shape(g.Outputs)), Argument.Optional("residual", residual, outputShape),
            ],
            [("output", output, outputShape), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics)],
            simd => ForwardSimd(simd, x, normalization, n, weight!, bias, residual, g, output, mean, inverseDeviation),
            simt =>
            {
                using var normal = Tensor.Empty(x.Device, x.Shape);
                GroupNormalization.ForwardSimt(simt, x, gamma, beta, n, epsilon, relu: true, normal, mean, inverseDeviation);
                Convolution.ForwardSimt(simt, normal, weight!, bias, residual, g, output);
            },
            operations: g.Operations + (8.0 * x.Count));
    }

    /// <summary>The gradients with respect to the weights and the bias, summed over images and pixels in a fixed order.</summary>
    /// <param name="x">As passed to <see cref="Forward"/>.</param>
    /// <param name="normalization">As passed to <see cref="Forward"/>.</param>
    /// <param name="mean">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="inverseDeviation">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="outputGradient">[N, H, W, O].</param>
    /// <param name="weightGradient">[K, K, C, O], overwritten.</param>
    /// <param name="biasGradient">[O], overwritten; null if not wanted.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardWeight(
        Tensor x, Normalization normalization, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Tensor weightGradient, Tensor? biasGradient)
    {
        const string Operation = "NormalizedConvolution.BackwardWeight";
        var (g, n) = Geometries(Operation, x, normalization, weightGradient?.Shape);
        var (gamma, beta, _, epsilon) = normalization;
        Shape channels = new(g.Channels), statistics = new(n.Images, n.Groups);
        if (!WinogradProduct.Suits(g))
        {
            using Tensor normal = Tensor.Empty(x.Device, x.Shape), ownMean = Tensor.Empty(x.Device, statistics), own = Tensor.Empty(x.Device, statistics);
            GroupNormalization.Forward(x, gamma, beta, n.Groups, epsilon, relu: true, normal, ownMean, own);
            Convolution.BackwardWeight(normal, outputGradient, 1, weightGradient!, biasGradient);
            return;
        }
        Kernel.Run(
            Operation,
            [
                ("x", x), ("gamma", gamma, channels), ("beta", beta, channels), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics),
                ("outputGradient", outputGradient, g.OutputShape),
            ],
            [("weightGradient", weightGradient!), Argument.Optional("biasGradient", biasGradient, new Shape(g.Outputs))],
            simd => Convolution.EnqueueWinogradWeight(
                simd, Operation, x, Input(normalization, mean, inverseDeviation, n), outputGradient, g, weightGradient!, biasGradient),
            simt =>
            {
                using Tensor normal = Tensor.Empty(x.Device, x.Shape), ownMean = Tensor.Empty(x.Device, statistics), own = Tensor.Empty(x.Device, statistics);
                GroupNormalization.ForwardSimt(simt, x, gamma, beta, n, epsilon, relu: true, normal, ownMean, own);
                Convolution.BackwardWeightSimt(simt, normal, outputGradient, g, weightGradient!, biasGradient);
            },
            operations: g.Operations + (4.0 * x.Count) + (biasGradient is null ? 0 : g.OutputShape.Count));
    }

    /// <summary>
    /// The gradients with respect to x, γ and β. That of x begins as the convolution's data gradient, which <see cref="GroupNormalization"/>'s overwrites.
    /// </summary>
    /// <param name="x">As passed to <see cref="Forward"/>.</param>
    /// <param name="normalization">As passed to <see cref="Forward"/>.</param>
    /// <param name="mean">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="inverseDeviation">[N, G] from <see cref="Forward"/>.</param>
    /// <param name="outputGradient">[N, H, W, O].</param>
    /// <param name="weight">[K, K, C, O].</param>
    /// <param name="addend">Added to the gradient of x, whose shape it has; null for none.</param>
    /// <param name="inputGradient">[N, H, W, C], overwritten.</param>
    /// <param name="gammaGradient">[C], overwritten.</param>
    /// <param name="betaGradient">[C], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardInput(
        Tensor x, Normalization normalization, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Tensor weight, Tensor? addend,
        Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        const string Operation = "NormalizedConvolution.BackwardInput";
        var (g, n) = Geometries(Operation, x, normalization, weight?.Shape);
        var (gamma, beta, _, _) = normalization;
        if (!WinogradProduct.Suits(g))
        {
            using var normal = Tensor.Empty(x.Device, x.Shape);
            Convolution.BackwardData(outputGradient, weight!, 1, normal);
            GroupNormalization.Backward(x, gamma, beta, mean, inverseDeviation, normal, relu: true, inputGradient, gammaGradient, betaGradient);
            if (addend is not null) Elementwise.Add(inputGradient, addend, inputGradient);
            return;
        }
        Shape channels = new(g.Channels), statistics = new(n.Images, n.Groups);
        Kernel.Run(
            Operation,
            [
                ("x", x), ("gamma", gamma, channels), ("beta", beta, channels), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics),
                ("outputGradient", outputGradient, g.OutputShape), ("weight", weight!), Argument.Optional("addend", addend, x.Shape),
            ],
            [("inputGradient", inputGradient, x.Shape), ("gammaGradient", gammaGradient, channels), ("betaGradient", betaGradient, channels)],
            simd => BackwardInputSimd(
                simd, x, normalization, n, mean, inverseDeviation, outputGradient, weight!, addend, g, inputGradient, gammaGradient, betaGradient),
            simt =>
            {
                Convolution.BackwardDataSimt(simt, outputGradient, weight!, g, inputGradient);
                GroupNormalization.BackwardSimt(
                    simt, x, gamma, beta, mean, inverseDeviation, inputGradient, n, relu: true, inputGradient, gammaGradient, betaGradient);
                if (addend is not null) Elementwise.ForwardSimt(simt, inputGradient, addend, inputGradient, default(Sum));
            },
            operations: g.Operations + (17.0 * x.Count));
    }

    private static void BackwardInputSimd(
        SimdLaunch simd, Tensor x, Normalization normalization, GroupNormalization.Geometry n, Tensor mean, Tensor inverseDeviation, Tensor outputGradient,
        Tensor weight, Tensor? addend, Convolution.Geometry g, Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        using var pass = new WinogradPass("NormalizedConvolution.BackwardInput", new TileGrid(g.Images, g.Height, g.Width), weight, backward: true);
        using var partial = Tensor.Empty(x.Device, GroupNormalization.PartialShape(n));
        float* px = x.Pointer, pg = normalization.Gamma.Pointer, pb = normalization.Beta.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer;
        float* pdy = outputGradient.Pointer, pp = partial.Pointer, pdx = inputGradient.Pointer;
        float* pa = addend is null ? null : addend.Pointer, pdg = gammaGradient.Pointer, pdb = betaGradient.Pointer;
        simd.Run(worker =>
        {
            pass.Prepare(worker);
            worker.Barrier();
            pass.Run(pdy, null, null, pdx, worker);
            worker.Barrier();
            GroupNormalization.Gradients(n, relu: true, px, pg, pb, pm, pd, pdx, pa, pdx, pdg, pdb, pp, worker);
        });
    }

    private static void ForwardSimd(
        SimdLaunch simd, Tensor x, Normalization normalization, GroupNormalization.Geometry n, Tensor weight, Tensor? bias, Tensor? residual,
        Convolution.Geometry g, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        using var pass = new WinogradPass(
            "NormalizedConvolution.Forward", new TileGrid(g.Images, g.Height, g.Width), weight, backward: false,
            Input(normalization, mean, inverseDeviation, n));
        float epsilon = normalization.Epsilon;
        float* px = x.Pointer, pm = mean.Pointer, pd = inverseDeviation.Pointer, py = output.Pointer;
        float* pb = bias is null ? null : bias.Pointer;
        float* pr = residual is null ? null : residual.Pointer;
        simd.Run(worker =>
        {
            GroupNormalization.Statistics(n, epsilon, px, pm, pd, worker);
            pass.Prepare(worker);
            worker.Barrier();
            pass.Run(px, pb, pr, py, worker);
        });
    }

    private static InputNormalization Input(Normalization normalization, Tensor mean, Tensor inverseDeviation, in GroupNormalization.Geometry geometry) =>
        new(normalization.Gamma.Pointer, normalization.Beta.Pointer, mean.Pointer, inverseDeviation.Pointer, geometry);

    private static (Convolution.Geometry Convolution, GroupNormalization.Geometry Normalization) Geometries(
        string operation, Tensor x, Normalization normalization, Shape? weight)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(normalization);
        ArgumentNullException.ThrowIfNull(weight);
        if (!(normalization.Epsilon > 0)) throw new ArgumentException($"{operation}: epsilon is {normalization.Epsilon}, expected a positive number");
        return (Convolution.Geometry.Of(operation, x.Shape, weight, 1), GroupNormalization.Geometry.Of(operation, x.Shape, normalization.Groups));
    }
}
