using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

/// <summary>Writes the PTX of kernels that a card would get, without a card or a driver. Not thread-safe.</summary>
/// <param name="sm">The compute capability that the PTX names, times ten; 80 at most.</param>
/// <param name="namesLines">Whether the PTX names the lines of the source, where their program database is found.</param>
internal sealed class KernelPtx(int sm, bool namesLines) : IDisposable
{
    // What the devices of this process have compiled: the text depends on nothing else.
    private static readonly ConcurrentDictionary<(MethodInfo Kernel, int Sm), string> s_texts = new();

    private Context? _context;
    private PTXBackend? _backend;

    /// <summary>The text of an explicitly grouped kernel for the device <c>ptx</c>, compiled once in a process.</summary>
    public string Of(MethodInfo kernel, KernelSpecialization specialization)
    {
        if (s_texts.TryGetValue((kernel, sm), out string? known)) return known;
        return s_texts[(kernel, sm)] = Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), specialization);
    }

    /// <summary>Compiles a kernel, for ptxas 11.8 (PTX 7.8) and newer.</summary>
    /// <exception cref="Exception">ILGPU cannot compile it; the next one begins with a new context.</exception>
    public string Compile(EntryPointDescription entry, KernelSpecialization specialization)
    {
        if (_backend is null)
        {
            var architecture = new CudaArchitecture(sm / 10, sm % 10);
            _context = Context.Create(builder =>
            {
                Device.ForCards(builder);
                if (namesLines) NameLines(builder, DebugSymbolsMode.KernelSourceAnnotations);
            });
            _backend = new PTXBackend(_context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null);
        }
        try
        {
            return ((PTXCompiledKernel)_backend.Compile(entry, specialization)).PTXAssembly;
        }
        catch
        {
            Dispose(); // a failed compilation leaves the context unusable
            throw;
        }
    }

    // The builder's own method for it checks the mode and, in ILGPU 1.5.3, does not keep it.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_DebugSymbolsMode")]
    private static extern void NameLines(ContextProperties builder, DebugSymbolsMode mode);

    /// <inheritdoc/>
    public void Dispose()
    {
        _backend?.Dispose();
        _context?.Dispose();
        (_backend, _context) = (null, null);
    }
}
