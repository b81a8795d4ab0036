using System.Globalization;
using ILGPU;
using ILGPU.Runtime.Cuda;

namespace Mmrr;

public sealed partial class Device
{
    private static readonly CudaArchitecture s_firstWithTf32 = new(8, 0);

    // All GPUs that the driver lists, so that the numbers are the driver's. A GPU does not depend on the context that found it.
    private static readonly SharedContext<IReadOnlyList<CudaDevice>> s_cuda =
        new(ContextWithCards, () => Context.Create(builder => ForCards(builder.Profiling())));

    /// <summary>Whether <see cref="MatrixPrecision.Tf32"/> makes a difference: on <c>ptx</c>, and on <c>cuda</c> from compute capability 8.0 on.</summary>
    public bool HasTf32 => Kind == DeviceKind.Ptx || (Accelerator is CudaAccelerator cuda && cuda.Architecture >= s_firstWithTf32);

    /// <summary>Free bytes of GPU memory; null on other devices.</summary>
    public long? FreeMemory => (Accelerator as CudaAccelerator)?.GetFreeMemory();

    /// <summary>
    /// The settings of every context that generates PTX. Below O2 ILGPU does not infer that a view is in global memory: every access would be generic
    /// (<c>LD</c> instead of <c>LDG</c>). At O2 it reportedly miscompiles some <c>switch</c> statements; kernels have none.
    /// </summary>
    internal static Context.Builder ForCards(Context.Builder builder) => builder.EnableAlgorithms().Optimize(OptimizationLevel.O2);

    private static string Describe(CudaAccelerator cuda) => string.Create(
        CultureInfo.InvariantCulture,
        $"{cuda.Name}, compute capability {cuda.Architecture.Major}.{cuda.Architecture.Minor}, {cuda.MemorySize >> 20} MiB, "
        + $"driver for CUDA {cuda.DriverVersion}, {(cuda.Architecture >= s_firstWithTf32 ? "" : "no ")}TF32");

    private static (Context Context, IReadOnlyList<CudaDevice> Cards) ContextWithCards()
    {
        var context = Context.Create(builder => ForCards(builder.Cuda(_ => true).Profiling()));
        return (context, [.. context.GetCudaDevices()]);
    }

    private static int CudaCount()
    {
        var driver = CudaDriver.Probe();
        return driver.Refusal(0) is null ? driver.Devices : 0;
    }

    private static Device OpenCuda(int index)
    {
        string name = $"cuda:{index}";
        var driver = CudaDriver.Probe();
        if (driver.Refusal(index) is { } refusal) throw new DeviceUnavailableException($"device '{name}': {refusal}");
        try
        {
            var (context, found) = s_cuda.Get();
            if (index >= found.Count)
                throw new DeviceUnavailableException($"device '{name}': ILGPU accepts {found.Count} of the {driver.Devices} GPUs that the NVIDIA driver lists");
            var card = found[index];
            if (card.InstructionSet is null)
            {
                int needed = CudaDriverVersionUtils.GetMinimumDriverVersion(card.Architecture.GetValueOrDefault()).Value;
                throw new DeviceUnavailableException($"device '{name}' ({card.Name}): {driver.TooOld(needed)}");
            }
            return new Device(DeviceKind.Cuda, name, context, card.CreateCudaAccelerator(context), 1);
        }
        catch (CudaException e)
        {
            throw new DeviceUnavailableException($"device '{name}': {CudaDriver.OpenFailure(e.Error, e.Message)}", e);
        }
    }
}
