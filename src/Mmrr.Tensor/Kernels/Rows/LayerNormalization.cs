namespace Mmrr.Kernels;

/// <summary>
/// Layer normalisation (Ba, Kiros and Hinton 2016, arXiv:1607.06450) along the last axis: a row of C values has a mean μ and a variance σ²;
/// y = γ·(x − μ)/√(σ² + ε) + β, with γ and β for each place in the row. The variance is the mean of (x − μ)², in two passes. Memory-bound: 8 bytes per element
/// forward and 12 backward, as long as a row stays in a cache.
/// </summary>
public static partial class LayerNormalization
{
    /// <summary>Normalises; stores μ and 1/√(σ² + ε) of each row for <see cref="Backward"/>.</summary>
    /// <param name="x">[..., C]: N rows of C values.</param>
    /// <param name="gamma">[C].</param>
    /// <param name="beta">[C].</param>
    /// <param name="epsilon">ε, positive.</param>
    /// <param name="output">Shaped like x.</param>
    /// <param name="mean">[N].</param>
    /// <param name="inverseDeviation">[N].</param>
    /// <exception cref="ArgumentException">x is a scalar, ε is not positive, the shapes or devices are invalid, or a buffer is the same.</exception>
    public static void Forward(Tensor x, Tensor gamma, Tensor beta, float epsilon, Tensor output, Tensor mean, Tensor inverseDeviation)
    {
        const string Operation = "LayerNormalization.Forward";
        var layout = RowLayout.Of(Operation, "x", x);
        if (!(epsilon > 0)) throw new ArgumentException($"{Operation}: epsilon is {epsilon}, expected a positive number");
        Shape parameters = new(layout.Length), statistics = new(layout.Rows);
        Kernel.Run(
            Operation, [("x", x), ("gamma", gamma, parameters), ("beta", beta, parameters)],
            [("output", output, x.Shape), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics)],
            simd => ForwardSimd(simd, x, gamma, beta, epsilon, output, mean, inverseDeviation, layout),
            simt => simt.Run(
                layout.Grid, ForwardKernel,
                new ForwardArguments
                {
                    X = x.View,
                    Gamma = gamma.View,
                    Beta = beta.View,
                    Output = output.View,
                    Mean = mean.View,
                    InverseDeviation = inverseDeviation.View,
                    Epsilon = epsilon,
                    Length = layout.Length,
                }),
            operations: 7.0 * x.Count);
    }

    /// <summary>
    /// Computes the gradients. With x̂ = (x − μ)/√(σ² + ε) and g the output's gradient: dβ = Σ g, dγ = Σ g·x̂ over the rows;
    /// dx = (γ·g − mean(γ·g) − x̂·mean(γ·g·x̂))/√(σ² + ε), means over the row. The sums over rows run over shares that follow from the number of rows alone.
    /// </summary>
    /// <param name="x">As passed to <see cref="Forward"/>.</param>
    /// <param name="gamma">[C].</param>
    /// <param name="mean">[N] from <see cref="Forward"/>.</param>
    /// <param name="inverseDeviation">[N] from <see cref="Forward"/>.</param>
    /// <param name="outputGradient">Shaped like x.</param>
    /// <param name="inputGradient">Shaped like x, overwritten.</param>
    /// <param name="gammaGradient">[C], overwritten.</param>
    /// <param name="betaGradient">[C], overwritten.</param>
    /// <exception cref="ArgumentException">x is a scalar, the shapes or devices are invalid, or a buffer is the same.</exception>
    public static void Backward(
        Tensor x, Tensor gamma, Tensor mean, Tensor inverseDeviation, Tensor outputGradient, Tensor inputGradient, Tensor gammaGradient, Tensor betaGradient)
    {
        const string Operation = "LayerNormalization.Backward";
        var layout = RowLayout.Of(Operation, "x", x);
        Shape parameters = new(layout.Length), statistics = new(layout.Rows);
        var partialShape = Check.Intermediate(Operation, "its partial sums", RowShares.Of(layout.Rows).Count, 2L * layout.Length);
        Kernel.Run(
            Operation,
            [
                ("x", x), ("gamma", gamma, parameters), ("mean", mean, statistics), ("inverseDeviation", inverseDeviation, statistics),
                ("outputGradient", outputGradient, x.Shape),
            ],
            [("inputGradient", inputGradient, x.Shape), ("gammaGradient", gammaGradient, parameters), ("betaGradient", betaGradient, parameters)],
            simd =>
            {
                using var partial = Tensor.Empty(x.Device, partialShape);
                BackwardSimd(simd, x, gamma, mean, inverseDeviation, outputGradient, inputGradient, gammaGradient, betaGradient, partial, layout);
            },
            simt =>
            {
                using var partial = Tensor.Empty(x.Device, partialShape);
                BackwardSimt(
                    simt, layout,
                    new BackwardArguments
                    {
                        X = x.View,
                        Gamma = gamma.View,
                        Mean = mean.View,
                        InverseDeviation = inverseDeviation.View,
                        OutputGradient = outputGradient.View,
                        InputGradient = inputGradient.View,
                        GammaGradient = gammaGradient.View,
                        BetaGradient = betaGradient.View,
                        Partial = partial.View,
                        Shares = RowShares.Of(layout.Rows),
                        Rows = layout.Rows,
                        Length = layout.Length,
                    });
            },
            operations: 16.0 * x.Count);
    }

    /// <summary>The shares of the rows whose sums are added separately: at most 128, of at least 16 rows.</summary>
    internal struct RowShares
    {
        public int Count, Size;

        public static RowShares Of(int rows)
        {
            int size = Math.Max(16, (rows + 127) / 128);
            return new RowShares { Size = size, Count = (rows + size - 1) / size };
        }
    }
}
