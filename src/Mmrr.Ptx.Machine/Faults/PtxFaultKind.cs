namespace Mmrr.Ptx.Machine.Faults;

/// <summary>What a kernel did that the PTX ISA manual forbids or leaves undefined, or that a card could not run.</summary>
public enum PtxFaultKind
{
    /// <summary>The text is no PTX that the machine reads.</summary>
    Syntax,

    /// <summary>An instruction that the machine does not know.</summary>
    UnknownInstruction,

    /// <summary>An access outside of every buffer, or beyond the values of one.</summary>
    OutOfBounds,

    /// <summary>An access to memory that was freed: on the device <c>ptx</c>, of a tensor that was disposed.</summary>
    Freed,

    /// <summary>An address that is no multiple of the access's size.</summary>
    Misaligned,

    /// <summary>A read of memory that nothing has written.</summary>
    Unwritten,

    /// <summary>Two threads of a block access the same place without a barrier between, and one of them writes.</summary>
    RaceInBlock,

    /// <summary>Two lanes of one warp do so: their order is not promised.</summary>
    RaceInWarp,

    /// <summary>Two blocks of one launch access the same place of global memory, and one of them writes.</summary>
    RaceBetweenBlocks,

    /// <summary>A barrier that not all threads of the block reach.</summary>
    Barrier,

    /// <summary>A branch marked <c>.uni</c> on which the lanes of a warp do not agree.</summary>
    NotUniform,

    /// <summary>An index that names none of an indexed branch's targets.</summary>
    BranchIndex,

    /// <summary>The lanes that execute a shuffle, a vote or a matrix product are not those that it names.</summary>
    WarpMask,

    /// <summary>A 32-bit integer that an address is made of overflowed.</summary>
    AddressOverflow,

    /// <summary>The kernel or its launch needs more threads, registers or shared memory than a card has.</summary>
    Resources,

    /// <summary>The kernel executed a <c>trap</c>.</summary>
    Trap,

    /// <summary>A warp executed more instructions in a block than the limit: the kernel does not end.</summary>
    Endless,
}
