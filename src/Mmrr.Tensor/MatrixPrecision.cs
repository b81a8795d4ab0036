namespace Mmrr;

/// <summary>The precision of the matrix products of convolutions on <c>cuda</c>; <c>cpu</c> and <c>simt</c> compute in float32.</summary>
public enum MatrixPrecision
{
    /// <summary>Products and sums in float32.</summary>
    Float32,

    /// <summary>
    /// On the tensor cores: factors rounded to TF32 (8 bits of exponent, 10 of mantissa: a relative error of 2⁻¹¹ each), sums in float32. Needs compute
    /// capability 8.0, and multiples of 16 for channels that are summed; otherwise float32 is used.
    /// </summary>
    Tf32,
}
