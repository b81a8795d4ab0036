namespace Mmrr.Kernels;

/// <summary>
/// Two-dimensional convolution of images [N, H, W, C] with weights [K, K, C, O], any odd K, zero padding K/2, any stride s:
/// y[n, i, j, o] = b[o] + Σ over (k, l, c) of x[n, s·i + k − K/2, s·j + l − K/2, c] · w[k, l, c, o] (+ r[n, i, j, o]).
/// 2·N·OH·OW·O·C·K² operations each for the forward pass, the data gradient and the weight gradient. Kernels 1 and 3 with stride 1 or 2 have the fastest
/// paths.
/// </summary>
public static partial class Convolution
{
    /// <summary>The output's shape: [N, OH, OW, O] with OH = (H + 2·(K/2) − K)/stride + 1.</summary>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public static Shape OutputShape(Shape x, Shape weight, int stride) => Geometry.Of("Convolution.OutputShape", x, weight, stride).OutputShape;

    /// <summary>y = conv(x, w) + b (+ residual).</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[K, K, C, O], K odd.</param>
    /// <param name="bias">[O], or null for none.</param>
    /// <param name="residual">Added to the result, of the output's shape; null for none.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="output">[N, OH, OW, O]; must not share memory with the inputs.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void Forward(Tensor x, Tensor weight, Tensor? bias, Tensor? residual, int stride, Tensor output)
    {
        const string Operation = "Convolution.Forward";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        var g = Geometry.Of(Operation, x.Shape, weight.Shape, stride);
        var outputShape = g.OutputShape;
        Kernel.Run(
            Operation,
            [("x", x), ("weight", weight), Argument.Optional("bias", bias, new Shape(g.Outputs)), Argument.Optional("residual", residual, outputShape)],
            [("output", output, outputShape)],
            simd => ForwardSimd(simd, x, weight, bias, residual, g, output),
            simt => ForwardSimt(simt, x, weight, bias, residual, g, output),
            operations: g.Operations);
    }

    /// <summary>The gradient with respect to x: the transposed convolution of the output's gradient.</summary>
    /// <param name="outputGradient">[N, OH, OW, O].</param>
    /// <param name="weight">[K, K, C, O].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="inputGradient">[N, H, W, C], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardData(Tensor outputGradient, Tensor weight, int stride, Tensor inputGradient)
    {
        const string Operation = "Convolution.BackwardData";
        ArgumentNullException.ThrowIfNull(weight);
        ArgumentNullException.ThrowIfNull(inputGradient);
        var g = Geometry.Of(Operation, inputGradient.Shape, weight.Shape, stride);
        Kernel.Run(
            Operation, [("outputGradient", outputGradient, g.OutputShape), ("weight", weight)], [("inputGradient", inputGradient)],
            simd => BackwardDataSimd(simd, outputGradient, weight, g, inputGradient),
            simt => BackwardDataSimt(simt, outputGradient, weight, g, inputGradient),
            operations: g.Operations);
    }

    /// <summary>The gradients with respect to the weights and the bias, summed over images and pixels in a fixed order.</summary>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="outputGradient">[N, OH, OW, O].</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="weightGradient">[K, K, C, O], overwritten.</param>
    /// <param name="biasGradient">[O], overwritten; null if not wanted.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardWeight(Tensor x, Tensor outputGradient, int stride, Tensor weightGradient, Tensor? biasGradient)
    {
        const string Operation = "Convolution.BackwardWeight";
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weightGradient);
        var g = Geometry.Of(Operation, x.Shape, weightGradient.Shape, stride);
        var outputShape = g.OutputShape;
        Kernel.Run(
            Operation, [("x", x), ("outputGradient", outputGradient, outputShape)],
            [("weightGradient", weightGradient), Argument.Optional("biasGradient", biasGradient, new Shape(g.Outputs))],
            simd => BackwardWeightSimd(simd, x, outputGradient, g, weightGradient, biasGradient),
            simt => BackwardWeightSimt(simt, x, outputGradient, g, weightGradient, biasGradient),
            operations: g.Operations + (biasGradient is null ? 0 : outputShape.Count));
    }

    /// <summary>The validated sizes of one convolution. Also a part of the SIMT kernels' arguments.</summary>
    internal readonly record struct Geometry(
        int Images, int Height, int Width, int Channels, int Kernel, int Stride, int OutputHeight, int OutputWidth, int Outputs)
    {
        public int Padding => Kernel / 2;

        public int Taps => Kernel * Kernel;

        /// <summary>[N, OH, OW, O].</summary>
        public Shape OutputShape => new(Images, OutputHeight, OutputWidth, Outputs);

        /// <summary>2·N·OH·OW·O·C·K², in each direction.</summary>
        public double Operations => 2.0 * Images * OutputHeight * OutputWidth * Outputs * Channels * Taps;

        public static Geometry Of(string operation, Shape x, Shape weight, int stride)
        {
            if (x.Rank != 4) throw new ArgumentException($"{operation}: x has the shape {x}, expected [N, H, W, C]");
            if (weight.Rank != 4 || weight[0] != weight[1] || weight[0] % 2 == 0 || weight[2] != x[3])
                throw new ArgumentException($"{operation}: the weight has the shape {weight}, expected [K, K, {x[3]}, O] with an odd K");
            if (stride < 1) throw new ArgumentException($"{operation}: stride is {stride}, expected at least 1");
            int kernel = weight[0], padding = kernel / 2;
            return new Geometry(
                x[0], x[1], x[2], x[3], kernel, stride,
                ((x[1] + (2 * padding) - kernel) / stride) + 1, ((x[2] + (2 * padding) - kernel) / stride) + 1, weight[3]);
        }
    }
}
