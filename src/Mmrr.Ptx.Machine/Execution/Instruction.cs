namespace Mmrr.Ptx.Machine.Execution;

/// <summary>
/// A decoded instruction. <see cref="Run"/> does it for all active lanes of a warp and returns the next one, null where the warp stops: at a barrier or its
/// end. Operands are offsets in bytes into a warp's registers.
/// </summary>
internal unsafe struct Instruction
{
    public delegate*<Warp, Instruction*, Instruction*> Run;

    /// <summary>Where a branch goes.</summary>
    public Instruction* Target;

    /// <summary>Where the lanes that a branch parts meet again; null at the end of the kernel.</summary>
    public Instruction* Meeting;

    /// <summary>Further operands: of vectors and of matrix products.</summary>
    public int* More;

    /// <summary>A constant: an address's offset, the bits of a mask.</summary>
    public long Constant;

    public int D;
    public int A;
    public int B;
    public int C;

    /// <summary>Bytes of a lane's operands: 4 or 8.</summary>
    public byte SizeD;
    public byte SizeA;
    public byte SizeB;
    public byte SizeC;

    /// <summary>Of an access: bytes of an element, elements, the state space; whether a loaded element is extended with its sign.</summary>
    public byte Bytes;
    public byte Elements;
    public byte Space;
    public bool Signed;

    /// <summary>Whether a predicate is negated, or whichever flag the instruction has.</summary>
    public bool Flag;

    /// <summary>The number in its program, and the index of its source.</summary>
    public int Index;
}
