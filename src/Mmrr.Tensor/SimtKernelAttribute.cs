using ILGPU.Runtime;

namespace Mmrr;

/// <summary>
/// Marks an entry kernel for GPUs: a static, closed method in the subset of C# that ILGPU compiles. <c>mmrr ptx --assembly</c> and the project Mmrr.Ptx
/// find kernels by it, in any assembly; tests compile the engine's own to PTX and assemble them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SimtKernelAttribute : Attribute
{
    /// <summary>Maximum threads of a group (CUDA: block) of the kernel. It determines the register allocation and the blocks per SM.</summary>
    public int GroupSize { get; init; } = 256;

    /// <summary>Required number of resident groups per multiprocessor, for which the assembler limits registers; 0 for no limit.</summary>
    public int MinGroups { get; init; }

    /// <summary>The minimum compute capability for the kernel's instructions, 80 for TF32 tensor cores; 0 for any.</summary>
    public int MinSm { get; init; }

    /// <summary>The settings for the assembler: the largest group and the number of resident groups.</summary>
    internal KernelSpecialization Specialization => new(GroupSize, MinGroups > 0 ? MinGroups : null);
}
