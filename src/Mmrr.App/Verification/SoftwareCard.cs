using Mmrr.Nn;
using Mmrr.Ptx;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Verification;

/// <summary>A kernel's instructions of warps, over the training steps and the scoring pass of a small model.</summary>
/// <param name="Kernel">Its name, as <c>mmrr ptx</c> lists it.</param>
/// <param name="Predicted">What the software card executed.</param>
/// <param name="Counted">What the device executed; null where it counts nothing, as a GPU without NVIDIA's profiler.</param>
internal sealed record ComparedInstructions(string Kernel, long Predicted, long? Counted);

/// <summary>The small model's operations and kernels on a device, beside the software card's.</summary>
internal sealed record SoftwareComparison(string Software, IReadOnlyList<ComparedOperation> Operations, IReadOnlyList<ComparedInstructions> Kernels)
{
    // A GPU fuses a·b + c and a tensor core adds in another order: some thousandths of this. A defect of a kernel is of the size of its values.
    private const double MostDifference = 1e-3;

    private const int Images = 2;
    private const int MaskLevels = 2;

    // The kernel's shapes do not matter here: every kernel of a step runs.
    private static readonly MmrrOptions s_options = new() { Size = 8, Width = 16, Resolutions = 2, Channels = 1 };

    /// <summary>Whether a device runs the kernels that the software card predicts.</summary>
    public static bool Suits(Device device) => device.Kind is DeviceKind.Cuda or DeviceKind.Ptx;

    /// <summary>Runs a training step of each phase and a scoring pass on both.</summary>
    public static SoftwareComparison Of(string deviceName, MatrixPrecision precision)
    {
        using var device = Device.Open(deviceName);
        // Two software cards are two by their name, too.
        using var software = Device.Open(device.Name == "ptx:80" ? "ptx:90" : "ptx:80");
        device.Precision = software.Precision = precision;
        var counted = device.Kind == DeviceKind.Ptx ? device.CountKernels() : null;
        var predicted = software.CountKernels();
        var operations = OperationComparison.Run(device, software, Work);
        return new SoftwareComparison(
            software.Name, operations,
            [
                .. predicted.Select(kernel => new ComparedInstructions(
                    kernel.Key, kernel.Value.WarpInstructions, counted is null ? null : counted.GetValueOrDefault(kernel.Key)?.WarpInstructions ?? 0)),
            ]);
    }

    /// <summary>What is no rounding, one line each.</summary>
    public IEnumerable<string> Failures() =>
    [
        .. Operations.Where(one => one.LargestDifference > MostDifference).Select(one =>
            FormattableString.Invariant($"{one.Operation} differs from {Software} by {one.LargestDifference:E1} of its largest value")),
        .. Kernels.Where(one => one.Counted is { } counted && counted != one.Predicted).Select(one =>
            FormattableString.Invariant($"{one.Kernel} executes {one.Counted} instructions of warps, {Software} {one.Predicted}")),
    ];

    private static void Work(Device device)
    {
        using var model = new MmrrModel(device, s_options);
        model.Initialize(1);
        foreach (var create in new Func<ModelWorkload>[]
        {
            () => ModelWorkload.Step(model, Images, 1), () => ModelWorkload.Step(model, Images, 2), () => ModelWorkload.Score(model, Images, MaskLevels),
        })
        {
            using var workload = create();
            workload.Run();
        }
    }
}
