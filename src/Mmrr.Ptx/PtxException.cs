namespace Mmrr.Ptx;

/// <summary>Thrown when a kernel does not compile to PTX, ptxas rejects it, or NVIDIA's tools are not found.</summary>
public sealed class PtxException : Exception
{
    /// <summary>Creates the exception with a one-line reason.</summary>
    public PtxException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a one-line reason and its cause.</summary>
    public PtxException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception without a reason.</summary>
    public PtxException()
    {
    }
}
