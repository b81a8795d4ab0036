namespace Mmrr.Kernels;

/// <summary>The method to find the bias of a mask.</summary>
public enum MaskSolver
{
    /// <summary>Newton steps inside a bracket that always holds the root; a few sweeps over the image.</summary>
    Newton,

    /// <summary>The paper's Algorithm 1, plain bisection; about thirty sweeps.</summary>
    Bisection,
}
