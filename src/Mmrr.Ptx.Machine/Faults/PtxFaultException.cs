namespace Mmrr.Ptx.Machine.Faults;

/// <summary>
/// Thrown when a kernel does something that is not defined on a card. The message is one line: the kernel, the line of its PTX and of its source, the block,
/// the warp and the lane, the address and the buffer, as far as they apply.
/// </summary>
public sealed class PtxFaultException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="message">One line.</param>
    /// <param name="line">The line of the PTX, from 1; 0 where none applies.</param>
    public PtxFaultException(PtxFaultKind kind, string message, int line)
        : base(message) => (Kind, Line) = (kind, line);

    /// <summary>Creates the exception without a message.</summary>
    public PtxFaultException()
    {
    }

    /// <summary>Creates the exception with a message.</summary>
    public PtxFaultException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public PtxFaultException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>What happened.</summary>
    public PtxFaultKind Kind { get; }

    /// <summary>How messages begin: <c>Kernel, PTX line 12 (ld.global.f32), Kernel.cs:42</c>.</summary>
    internal static string Place(string? kernel, int line, string? opcode, string? source) =>
        $"{(kernel is null ? "" : $"{kernel}, ")}PTX line {line}{(opcode is null ? "" : $" ({opcode})")}{(source is null ? "" : $", {source}")}";

    /// <summary>The line of the PTX, from 1; 0 where none applies.</summary>
    public int Line { get; }
}
