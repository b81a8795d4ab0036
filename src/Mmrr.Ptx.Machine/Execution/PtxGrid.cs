namespace Mmrr.Ptx.Machine.Execution;

/// <summary>The blocks of a launch and the threads of a block.</summary>
/// <param name="BlocksX">Blocks in x, at least 1.</param>
/// <param name="BlocksY">Blocks in y.</param>
/// <param name="BlocksZ">Blocks in z.</param>
/// <param name="ThreadsX">Threads of a block in x, at least 1.</param>
/// <param name="ThreadsY">Threads in y.</param>
/// <param name="ThreadsZ">Threads in z; at most 1024 in all.</param>
/// <param name="SharedBytes">Shared memory of a block beyond what the PTX declares.</param>
public readonly record struct PtxGrid(
    int BlocksX, int BlocksY = 1, int BlocksZ = 1, int ThreadsX = 1, int ThreadsY = 1, int ThreadsZ = 1, int SharedBytes = 0)
{
    /// <summary>Blocks in all.</summary>
    public long Blocks => (long)BlocksX * BlocksY * BlocksZ;

    /// <summary>Threads of a block.</summary>
    public int Threads => ThreadsX * ThreadsY * ThreadsZ;
}
