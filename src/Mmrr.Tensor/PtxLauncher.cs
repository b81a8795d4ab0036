using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using Mmrr.Ptx.Machine;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Ptx.Machine.Execution;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr;

/// <summary>
/// Launches kernels on the machine that runs PTX: each is compiled by ILGPU as for a card and decoded on its first launch. A launch has ended when it
/// returns.
/// </summary>
internal sealed class PtxLauncher : IDisposable
{
    private readonly KernelPtx _compiler;
    private readonly Dictionary<MethodInfo, PtxKernel> _kernels = [];
    private SortedDictionary<string, KernelCounts>? _counts;
    private long _cacheBytes;

    public PtxLauncher(PtxOptions options)
    {
        Sm = options.Sm;
        Memory = new GlobalMemory(options.IsChecked) { MostInstructions = options.MostInstructions };
        // ILGPU names no target above sm_80, and writes the same text for all that follow.
        _compiler = new KernelPtx(Math.Min(Sm, 80), namesLines: true);
    }

    /// <summary>The compute capability, times ten.</summary>
    public int Sm { get; }

    /// <summary>The memory of the device's tensors.</summary>
    public GlobalMemory Memory { get; }

    public void Launch(MethodInfo method, KernelSpecialization specialization, KernelConfig config, object arguments)
    {
        if (!_kernels.TryGetValue(method, out var kernel))
            _kernels[method] = kernel = new PtxKernel(_compiler.Of(method, specialization), Memory, title: NameOf(method));
        var parameters = KernelParameters.Of(arguments);
        var (grid, group) = (config.GridDim, config.GroupDim);
        var lent = Lend(parameters);
        try
        {
            kernel.Launch(
                new PtxGrid(grid.X, grid.Y, grid.Z, group.X, group.Y, group.Z, config.SharedMemoryConfig.ArraySize),
                parameters.Bytes, CountsOf(method));
        }
        finally
        {
            foreach (nint buffer in lent) Memory.Remove(buffer);
        }
    }

    /// <summary>Counts from now on, by kernel.</summary>
    public IReadOnlyDictionary<string, KernelCounts> Count(long cacheBytes)
    {
        _cacheBytes = cacheBytes;
        return _counts = [];
    }

    private KernelCounts? CountsOf(MethodInfo method)
    {
        if (_counts is null) return null;
        string name = NameOf(method);
        return _counts.TryGetValue(name, out var counts) ? counts : _counts[name] = new KernelCounts(_cacheBytes);
    }

    // As "mmrr ptx" lists it.
    private static string NameOf(MethodInfo method)
    {
        string types = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(type => type.Name))}>" : "";
        return $"{method.DeclaringType!.Name}.{method.Name}{types}";
    }

    // A buffer that is no tensor's is the kernel's for this launch, and all of it counts as written.
    private List<nint> Lend(KernelParameters parameters)
    {
        var lent = new List<nint>();
        foreach (var view in parameters.Views)
        {
            if (!Memory.IsKnown(view.Address) && view.Buffer != 0)
            {
                Memory.Add(view.Buffer, view.BufferBytes);
                Memory.Open(view.Buffer, view.BufferBytes, view.Name);
                Memory.MarkWritten(view.Buffer, view.BufferBytes);
                lent.Add(view.Buffer);
            }
            Memory.Rename(view.Address, view.Name);
        }
        return lent;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var kernel in _kernels.Values) kernel.Dispose();
        _kernels.Clear();
        _compiler.Dispose();
        Memory.Dispose();
    }
}
