namespace Mmrr.Kernels;

/// <summary>
/// The mask of the method (the paper's equation 2, Algorithm 1 and Appendix B): m = σ(v + b) with one b for each image and masking level μ, chosen so that
/// mean(m) = μ. Every (image, level) pair is an independent problem; its solution does not depend on the other problems. μ = 0 and μ = 1, which have no
/// finite b, give m = 0 and m = 1 exactly, b = −∞ and +∞, and a slope of 0, for any v: v is not read. No value is NaN for finite v. A NaN in v makes all
/// of that image's masks NaN for 0 &lt; μ &lt; 1, with b and slope, after one or two passes and no sweep; other images are not affected. ±∞ in v are
/// elements with m = 1 and m = 0, and b is determined by the others; if these cannot compensate (of n values, n·μ is not above the number of +∞ or not
/// below n minus that of −∞) the mask is NaN too.
/// </summary>
public static unsafe partial class BisectionMask
{
    // Below this limit the sums of the gradient would be sums of subnormal numbers: the mask is saturated, its gradient zero.
    private const float SmallestSlope = 1e-30f;

    // A sweep is a sigmoid and two sums. The number of sweeps depends on the values: these are typical at a tolerance of 1e-6 (docs/kernels/masking.md).
    private const double SweepOperations = 35;
    private const double StartOperations = 6;
    private const double NewtonSweeps = 3;
    private const double BisectionSweeps = 20;

    /// <summary>Solves all levels of all images. Problem p = n·L + l is row p of m, entry [n, l] of bias and slope.</summary>
    /// <param name="v">[N, H, W, C].</param>
    /// <param name="levels">[N, L], each μ in [0, 1].</param>
    /// <param name="solver">The method to find b; both agree within the tolerance.</param>
    /// <param name="tolerance">Accepted difference between the mean and μ, at least 0. If float32 has no such b, the nearest one is used.</param>
    /// <param name="maxSweeps">Maximum number of evaluations of the mean (Newton) or halvings of the bracket (bisection), at least 1.</param>
    /// <param name="m">[N·L, H, W, C].</param>
    /// <param name="bias">[N, L]: b.</param>
    /// <param name="slope">[N, L]: S = Σ m(1 − m), the derivative of Σ m by b.</param>
    /// <exception cref="ArgumentException">The shapes, devices, tolerance or maxSweeps are invalid, or buffers are shared.</exception>
    public static void Forward(Tensor v, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps, Tensor m, Tensor bias, Tensor slope)
    {
        const string Operation = "BisectionMask.Forward";
        CheckProblems(Operation, v, levels, solver, tolerance, maxSweeps);
        Check.Rows(Operation, "m", m, levels.Count, v.Shape);
        Kernel.Run(
            Operation, [("v", v), ("levels", levels)], [("m", m), ("bias", bias, levels.Shape), ("slope", slope, levels.Shape)],
            simd => ForwardSimd(simd, v, levels, solver, tolerance, maxSweeps, m, bias, slope),
            simt => ForwardSimt(simt, v, levels, solver, tolerance, maxSweeps, m, bias, slope),
            operations: OperationsAnElement(solver) * m.Count);
    }

    /// <summary>
    /// The gradient through m, b included: vGradient_n = Σₗ s(g − Σgs/S) with s = m(1 − m) and g = maskGradient, in the order of l. A saturated mask (S
    /// below 1e-30, which includes μ = 0 and 1) adds exactly zero; a NaN mask makes the gradient of its image NaN.
    /// </summary>
    /// <param name="m">[N·L, H, W, C], from <see cref="Forward"/>.</param>
    /// <param name="slope">[N, L], from <see cref="Forward"/>.</param>
    /// <param name="maskGradient">[N·L, H, W, C].</param>
    /// <param name="vGradient">[N, H, W, C].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Backward(Tensor m, Tensor slope, Tensor maskGradient, Tensor vGradient)
    {
        const string Operation = "BisectionMask.Backward";
        ArgumentNullException.ThrowIfNull(m);
        ArgumentNullException.ThrowIfNull(slope);
        if (m.Shape.Rank < 2) throw new ArgumentException($"{Operation}: m is {m.Shape}, expected [N·L, H, W, C]");
        if (slope.Shape.Rank != 2 || slope.Count != m.Shape[0])
        {
            throw new ArgumentException($"{Operation}: slope is {slope.Shape}, expected [N, L] with N·L = {m.Shape[0]}");
        }
        Check.Rows(Operation, "vGradient", vGradient, slope.Shape[0], m.Shape);
        Kernel.Run(
            Operation, [("m", m), ("slope", slope), ("maskGradient", maskGradient, m.Shape)], [("vGradient", vGradient)],
            simd => BackwardSimd(simd, m, slope, maskGradient, vGradient),
            simt => BackwardSimt(simt, m, slope, maskGradient, vGradient),
            operations: 9.0 * m.Count);
    }

    /// <summary>
    /// For measurements: the number of evaluations of the mean by <see cref="Forward"/> in each problem, computed on the host with the code of the
    /// <c>cpu</c> entry. Other devices add in a different order and may occasionally need one sweep more or less.
    /// </summary>
    /// <param name="v">[N, H, W, C].</param>
    /// <param name="levels">[N, L].</param>
    /// <param name="solver">See <see cref="Forward"/>.</param>
    /// <param name="tolerance">See <see cref="Forward"/>.</param>
    /// <param name="maxSweeps">See <see cref="Forward"/>.</param>
    /// <returns>N·L counts; 0 where μ is 0 or 1.</returns>
    /// <exception cref="ArgumentException">The shapes, devices, tolerance or maxSweeps are invalid.</exception>
    public static int[] CountSweeps(Tensor v, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps)
    {
        const string Operation = "BisectionMask.CountSweeps";
        CheckProblems(Operation, v, levels, solver, tolerance, maxSweeps);
        Check.Device(Operation, v, levels);
        return CountOnHost(v.ToArray(), levels.ToArray(), v.Count / v.Shape[0], solver, tolerance, maxSweeps);
    }

    private static double OperationsAnElement(MaskSolver solver) =>
        solver == MaskSolver.Newton ? StartOperations + (SweepOperations * NewtonSweeps) : SweepOperations * BisectionSweeps;

    private static void CheckProblems(string operation, Tensor v, Tensor levels, MaskSolver solver, float tolerance, int maxSweeps)
    {
        ArgumentNullException.ThrowIfNull(v);
        ArgumentNullException.ThrowIfNull(levels);
        if (v.Shape.Rank < 2) throw new ArgumentException($"{operation}: v is {v.Shape}, expected [N, H, W, C]");
        if (levels.Shape.Rank != 2 || levels.Shape[0] != v.Shape[0])
        {
            throw new ArgumentException($"{operation}: levels is {levels.Shape}, expected [{v.Shape[0]}, L]");
        }
        if (!(tolerance >= 0)) throw new ArgumentException($"{operation}: tolerance is {tolerance}, expected at least 0");
        if (maxSweeps < 1) throw new ArgumentException($"{operation}: maxSweeps is {maxSweeps}, expected at least 1");
        if (solver is not (MaskSolver.Newton or MaskSolver.Bisection))
            throw new ArgumentException($"{operation}: solver is {solver}, expected Newton or Bisection");
    }
}
