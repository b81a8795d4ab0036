using System.Globalization;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Ptx.Machine.Memory;

namespace Mmrr;

public sealed partial class Device
{
    private const int PtxLanes = 1024;

    // The card that grids are sized for, on ptx:80 too: the same kernel then does the same work.
    private static readonly Card s_ptxCard = Card.Of("h100");

    /// <summary>On <c>ptx</c>: what runs the kernels.</summary>
    internal PtxLauncher? Ptx { get; }

    /// <summary>The number of multiprocessors.</summary>
    internal int Multiprocessors => Kind == DeviceKind.Ptx ? s_ptxCard.Multiprocessors : Accelerator.NumMultiprocessors;

    /// <summary>
    /// On <c>ptx</c>: counts what each kernel executes from now on, by the kernel's name as <c>mmrr ptx</c> lists it. The dictionary fills as kernels run; a
    /// second call begins another.
    /// </summary>
    /// <param name="card">The card whose second-level cache is meant; an H100 where none is given.</param>
    /// <exception cref="InvalidOperationException">The device is another one: only <c>ptx</c> counts.</exception>
    public IReadOnlyDictionary<string, KernelCounts> CountKernels(Card? card = null) =>
        (Ptx ?? throw new InvalidOperationException($"the device {Name} counts nothing: open ptx")).Count((card ?? s_ptxCard).CacheBytes);

    /// <summary>Marks values as written by the host, for the checks of <c>ptx</c>.</summary>
    internal unsafe void MarkWritten(Tensor tensor)
    {
        if (Ptx is { } ptx) ptx.Memory.MarkWritten((nint)tensor.Pointer, sizeof(float) * (long)tensor.Count);
    }

    // The accelerator only allocates: host memory at its own addresses.
    private static Device OpenPtx(string name, PtxOptions options)
    {
        var context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        return new Device(DeviceKind.Ptx, name, context, Parallel(context), 1, new PtxLauncher(options));
    }
}

/// <summary>
/// What the name of a device for PTX says: <c>ptx</c>, <c>ptx:80</c> or <c>ptx:90</c>, and behind it <c>,unchecked</c> and <c>,limit=N</c>, in any order, or
/// nothing.
/// </summary>
/// <param name="Sm">The compute capability, times ten.</param>
/// <param name="IsChecked">Whether races and reads of unwritten memory are found.</param>
/// <param name="MostInstructions">Instructions of a warp in a block until a kernel counts as endless.</param>
internal readonly record struct PtxOptions(int Sm, bool IsChecked, long MostInstructions)
{
    private const string Limit = "limit=";

    public static bool TryParse(string name, out PtxOptions options)
    {
        string[] words = name.Split(',');
        int sm = words[0] switch
        {
            "ptx" or "ptx:90" => 90,
            "ptx:80" => 80,
            _ => 0,
        };
        options = new PtxOptions(sm, IsChecked: true, GlobalMemory.DefaultMostInstructions);
        foreach (string word in words.AsSpan(1))
        {
            if (word == "unchecked") options = options with { IsChecked = false };
            else if (word.StartsWith(Limit, StringComparison.Ordinal)
                && long.TryParse(word.AsSpan(Limit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long most) && most > 0)
                options = options with { MostInstructions = most };
            else return false;
        }
        return sm != 0;
    }
}
