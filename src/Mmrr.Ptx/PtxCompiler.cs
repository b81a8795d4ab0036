namespace Mmrr.Ptx;

/// <summary>Compiles kernels to PTX as on a CUDA device, without a GPU or a driver. Not thread-safe.</summary>
public sealed class PtxCompiler : IDisposable
{
    private readonly KernelPtx _writer;

    /// <summary>Creates a compiler for one compute capability. Above sm_80 the PTX is that of sm_80, which newer GPUs run as well.</summary>
    /// <param name="target">The capability.</param>
    /// <param name="namesLines">Whether the PTX has the lines of the C# source, as that of the device <c>ptx</c>, where the program database is found.</param>
    public PtxCompiler(Multiprocessor target, bool namesLines = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
        _writer = new KernelPtx(NamedTarget(target), namesLines);
    }

    /// <summary>
    /// The compute capability that the PTX for a GPU names. ILGPU names none above sm_80 and writes the same text for all that follow: PTX for two GPUs of
    /// one number is the same.
    /// </summary>
    public static int NamedTarget(Multiprocessor target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Math.Min(target.Sm, 80);
    }

    /// <summary>The target of the compilation.</summary>
    public Multiprocessor Target { get; }

    /// <summary>Compiles a kernel to PTX for ptxas 11.8 (PTX 7.8) and newer.</summary>
    /// <exception cref="PtxException">The kernel needs a newer GPU, or ILGPU cannot compile it; the message names the kernel.</exception>
    public string Compile(SimtKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (Target.Sm < kernel.MinSm) throw new PtxException($"{kernel} needs sm_{kernel.MinSm} or newer, not sm_{Target.Sm}");
        if (!kernel.Method.IsStatic || kernel.Method.ContainsGenericParameters)
            throw new PtxException($"{kernel} is not a static method without type parameters");
        try
        {
            return _writer.Compile(kernel.EntryPoint, kernel.Specialization);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new PtxException($"{kernel} does not compile to PTX: {e.GetBaseException().Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
