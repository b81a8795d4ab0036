namespace Mmrr.Kernels;

/// <summary>How the bias of a mask is found.</summary>
public enum MaskSolver
{
    /// <summary>Newton steps inside a bracket that always holds the root; a handful of sweeps over the image.</summary>
    Newton,

    /// <summary>The paper's Algorithm 1, plain bisection; some thirty sweeps.</summary>
    Bisection,
}
