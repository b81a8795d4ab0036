namespace Mmrr.Ptx;

/// <summary>A kernel does not compile to PTX or is not accepted by ptxas, or NVIDIA's tools are not here.</summary>
public sealed class PtxException : Exception
{
    /// <summary>With a one-line reason.</summary>
    public PtxException(string message)
        : base(message)
    {
    }

    /// <summary>With a one-line reason and its cause.</summary>
    public PtxException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a reason.</summary>
    public PtxException()
    {
    }
}
