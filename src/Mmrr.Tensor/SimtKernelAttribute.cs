using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Marks an entry kernel for GPUs: a static, closed method in the subset of C# that ILGPU compiles. <c>mmrr ptx --assembly</c> and
/// the project Mmrr.Ptx find kernels by it, in any assembly; the engine's own are compiled to PTX and assembled by tests.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SimtKernelAttribute : Attribute
{
    /// <summary>The most threads that a group (CUDA: block) of the kernel has. Registers are allotted for it, and blocks an SM counted with it.</summary>
    public int GroupSize { get; init; } = 256;

    /// <summary>Groups that are to fit on a multiprocessor at the same time, for which the assembler bounds registers; 0 leaves it free.</summary>
    public int MinGroups { get; init; }

    /// <summary>The least compute capability that has the kernel's instructions, 80 for TF32 tensor cores; 0 for any.</summary>
    public int MinSm { get; init; }

    /// <summary>What the assembler is told: the largest group, and the groups that must fit at once.</summary>
    internal KernelSpecialization Specialization => new(GroupSize, MinGroups > 0 ? MinGroups : null);
}
