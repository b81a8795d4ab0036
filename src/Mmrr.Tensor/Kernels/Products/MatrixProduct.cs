namespace Mmrr.Kernels;

/// <summary>
/// Matrix products y = a·b (+ bias) with both gradients: [M, K]·[K, N], [B, M, K]·[B, K, N] matrix by matrix, and [B, M, K]·[K, N], which is one product of
/// B·M rows. 2·B·M·N·K operations each; the sums have a fixed order. On <c>cpu</c> a row of the output does not depend on the number of rows or matrices. On
/// GPUs a single product in multiples of four is a 1×1 convolution, at the device's <see cref="Device.Precision"/>.
/// </summary>
public static partial class MatrixProduct
{
    /// <summary>The output's shape: [M, N] or [B, M, N].</summary>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public static Shape OutputShape(Shape a, Shape b) => Sizes.Of("MatrixProduct.OutputShape", "a", a, "b", b).Output;

    /// <summary>output = a·b + bias.</summary>
    /// <param name="a">[M, K] or [B, M, K].</param>
    /// <param name="b">[K, N], or [B, K, N] with a matrix for each of <paramref name="a"/>.</param>
    /// <param name="bias">[N], added to every row, or null for none.</param>
    /// <param name="output">[M, N] or [B, M, N]; must not share memory with the inputs.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void Forward(Tensor a, Tensor b, Tensor? bias, Tensor output)
    {
        const string Operation = "MatrixProduct.Forward";
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(output);
        var sizes = Sizes.Of(Operation, "a", a.Shape, "b", b.Shape);
        var form = new Form(sizes.Batch, sizes.M, sizes.K, sizes.N, LeftTransposed: false, RightTransposed: false);
        Kernel.Run(
            Operation, [("a", a), ("b", b), Argument.Optional("bias", bias, new Shape(sizes.N))], [("output", output, sizes.Output)],
            simd => Run(simd, Operation, form, a, b, bias, output),
            simt => ForwardSimt(simt, sizes, form, a, b, bias, output),
            operations: sizes.Operations);
    }

    /// <summary>The gradient with respect to a: outputGradient·bᵀ.</summary>
    /// <param name="outputGradient">[M, N] or [B, M, N].</param>
    /// <param name="b">[K, N] or [B, K, N].</param>
    /// <param name="leftGradient">[M, K] or [B, M, K], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardLeft(Tensor outputGradient, Tensor b, Tensor leftGradient)
    {
        const string Operation = "MatrixProduct.BackwardLeft";
        ArgumentNullException.ThrowIfNull(outputGradient);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(leftGradient);
        var sizes = Sizes.Of(Operation, "leftGradient", leftGradient.Shape, "b", b.Shape);
        var form = new Form(sizes.Batch, sizes.M, sizes.N, sizes.K, LeftTransposed: false, RightTransposed: true);
        Kernel.Run(
            Operation, [("outputGradient", outputGradient, sizes.Output), ("b", b)], [("leftGradient", leftGradient)],
            simd => Run(simd, Operation, form, outputGradient, b, null, leftGradient),
            simt => BackwardLeftSimt(simt, sizes, form, outputGradient, b, leftGradient),
            operations: sizes.Operations);
    }

    /// <summary>The gradient with respect to b: aᵀ·outputGradient, summed over all rows of which b is a factor.</summary>
    /// <param name="a">[M, K] or [B, M, K].</param>
    /// <param name="outputGradient">[M, N] or [B, M, N].</param>
    /// <param name="rightGradient">[K, N] or [B, K, N], overwritten.</param>
    /// <exception cref="ArgumentException">Shapes, devices or aliasing are invalid; the message states which.</exception>
    public static void BackwardRight(Tensor a, Tensor outputGradient, Tensor rightGradient)
    {
        const string Operation = "MatrixProduct.BackwardRight";
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(outputGradient);
        ArgumentNullException.ThrowIfNull(rightGradient);
        var sizes = Sizes.Of(Operation, "a", a.Shape, "rightGradient", rightGradient.Shape);
        var form = new Form(sizes.Batch, sizes.K, sizes.M, sizes.N, LeftTransposed: true, RightTransposed: false);
        Kernel.Run(
            Operation, [("a", a), ("outputGradient", outputGradient, sizes.Output)], [("rightGradient", rightGradient)],
            simd => Run(simd, Operation, form, a, outputGradient, null, rightGradient),
            simt => BackwardRightSimt(simt, sizes, form, a, outputGradient, rightGradient),
            operations: sizes.Operations);
    }

    /// <summary>
    /// One of the three products as the loops see it: y[rows, columns] = left[rows, terms]·right[terms, columns] for each matrix, where a transposed factor is
    /// stored as [terms, rows] or [columns, terms].
    /// </summary>
    internal readonly record struct Form(int Batch, int Rows, int Terms, int Columns, bool LeftTransposed, bool RightTransposed);

    /// <summary>The sizes of a product [M, K]·[K, N] of <paramref name="Batch"/> matrices, and the output's shape.</summary>
    private readonly record struct Sizes(int Batch, int M, int K, int N, Shape Output)
    {
        /// <summary>Whether it is one product, and the convolution's fast kernels take its sizes.</summary>
        public bool IsOneInFours => Batch == 1 && K % 4 == 0 && N % 4 == 0;

        public double Operations => 2.0 * Batch * M * K * N;

        /// <summary>a as an image, M pixels of K channels.</summary>
        public Shape LeftImage => new(1, M, 1, K);

        /// <summary>b as the weights of a 1×1 convolution.</summary>
        public Shape Weights => new(1, 1, K, N);

        /// <summary>The output as an image.</summary>
        public Shape OutputImage => new(1, M, 1, N);

        /// <summary>The product as a 1×1 convolution.</summary>
        public Convolution.Geometry OneByOne => Convolution.Geometry.Of("MatrixProduct", LeftImage, Weights, 1);

        public static Sizes Of(string operation, string leftName, Shape left, string rightName, Shape right)
        {
            ArgumentNullException.ThrowIfNull(left);
            ArgumentNullException.ThrowIfNull(right);
            if (left.Rank is not (2 or 3)) throw new ArgumentException($"{operation}: {leftName} is {left}, expected [M, K] or [B, M, K]");
            int m = left[-2], k = left[-1];
            bool batched = left.Rank == 3 && right.Rank == 3;
            bool matches = (batched ? right[0] == left[0] : right.Rank == 2) && right[-2] == k;
            if (!matches)
            {
                string expected = left.Rank == 3 ? $"[{left[0]}, {k}, N] or [{k}, N]" : $"[{k}, N]";
                throw new ArgumentException($"{operation}: {rightName} is {right}, expected {expected} to go with {leftName} {left}");
            }
            int n = right[-1];
            return left.Rank == 2 ? new(1, m, k, n, new Shape(m, n))
                : batched ? new(left[0], m, k, n, new Shape(left[0], m, n))
                : new(1, left[0] * m, k, n, new Shape(left[0], m, n));
        }
    }
}
