using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Ptx;
using Mmrr.Ptx.Machine.Counting;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Commands;

/// <summary>Runs a model's steps on the device <c>ptx</c> and prints what kernels executed.</summary>
internal static class KernelExecution
{
    private const int Resolutions = 2;
    private const int MaskLevels = 3;
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>Prints the counts of one kernel of a small model's training steps and scoring pass.</summary>
    /// <exception cref="UsageException">The shape is none, or the kernel is in none of these.</exception>
    public static void Print(string kernel, string sm, string shape, string cardName, bool draws)
    {
        int[] sizes = [.. shape.Split(',').Select(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0)];
        if (sizes.Length != 3 || sizes.Min() < 1) throw new UsageException($"--shape is '{shape}', expected images, side and width: 2,16,16");
        Print(
            kernel, sm, cardName, draws,
            (device, _) =>
            {
                using var model = Small(device, sizes);
                foreach (var create in Workloads(model, sizes[0], MaskLevels))
                {
                    using var workload = create();
                    workload.Run();
                }
            },
            "in no training step or scoring pass; from C#, Device.CountKernels counts any kernel");
    }

    /// <summary>Prints the counts of one kernel of another assembly, which its examples run.</summary>
    /// <exception cref="UsageException">There is no example, or the kernel is in none.</exception>
    public static void PrintExamples(string kernel, string sm, Assembly assembly, string cardName, bool draws)
    {
        var examples = assembly.GetTypes().SelectMany(type => type.GetMethods(Static)).Where(IsExample).ToList();
        if (examples.Count == 0)
        {
            throw new UsageException(
                $"--run: no method in {assembly.GetName().Name} has the attribute [SimtExample]: a static method that takes a Device and runs kernels on it");
        }
        Print(
            kernel, sm, cardName, draws,
            (device, counts) => RunExamples(examples, kernel, device, counts),
            $"in no method of {assembly.GetName().Name} with the attribute [SimtExample]");
    }

    /// <summary>Prints the counts of every kernel of a workload, the one that takes a card longest first.</summary>
    public static void Print(ModelWorkload workload, Card card)
    {
        var counts = workload.Model.Device.CountKernels(card);
        workload.Run();
        foreach (var (name, found) in counts.OrderByDescending(kernel => card.Times(kernel.Value)[0].Seconds))
        {
            Console.WriteLine();
            foreach (string line in ExecutionReport.Lines(name, found, card)) Console.WriteLine(line);
        }
    }

    /// <summary>A training step of each phase and a scoring pass.</summary>
    public static Func<ModelWorkload>[] Workloads(AnomalyModel model, int batch, int levels) =>
    [
        .. model.Phases.Select(phase => (Func<ModelWorkload>)(() => ModelWorkload.Step(model, batch, phase.Number))),
        () => ModelWorkload.Score(model, batch, levels),
    ];

    private static void Print(
        string kernel, string sm, string cardName, bool draws, Action<Device, IReadOnlyDictionary<string, KernelCounts>> run, string whyNot)
    {
        if (sm is not ("80" or "90")) throw new UsageException($"--run knows sm_80 and sm_90, not sm_{sm}");
        var card = Card.Of(cardName);
        using var device = Device.Open($"ptx:{sm}");
        var counts = device.CountKernels(card);
        run(device, counts);
        if (!counts.TryGetValue(kernel, out var found)) throw new UsageException($"--run: {kernel} is {whyNot}");
        foreach (string line in ExecutionReport.Lines(kernel, found, card)) Console.WriteLine(line);
        if (!draws) return;
        foreach (string line in ExecutionReport.Timeline(found)) Console.WriteLine(line);
    }

    // An example that fails ends the command where it ran the kernel, or where no other runs it; else it is a warning.
    private static void RunExamples(List<MethodInfo> examples, string kernel, Device device, IReadOnlyDictionary<string, KernelCounts> counts)
    {
        var failures = new List<string>();
        foreach (var example in examples)
        {
            long before = Launches();
            if (Failure(example, device) is not { } failure) continue;
            if (Launches() > before) throw new UsageException($"--run: {failure}");
            failures.Add(failure);
        }
        if (failures.Count > 0 && Launches() == 0) throw new UsageException($"--run: {failures[0]}");
        foreach (string failure in failures) Complaint.Write($"warning: {failure}");

        long Launches() => counts.TryGetValue(kernel, out var found) ? found.Launches : 0;
    }

    // The type, the first line of the example's own assembly, and what is said.
    private static string? Failure(MethodInfo example, Device device)
    {
        try
        {
            example.CreateDelegate<Action<Device>>()(device);
            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var cause = e.GetBaseException();
            var frame = new StackTrace(cause, fNeedFileInfo: true).GetFrames().FirstOrDefault(each => each.GetMethod()?.Module == example.Module);
            string place = frame?.GetFileName() is { } file ? $" at {Path.GetFileName(file)}:{frame.GetFileLineNumber()}" : "";
            return $"{example.DeclaringType!.Name}.{example.Name}: {cause.GetType().Name}{place}: {cause.Message}";
        }
    }

    private static bool IsExample(MethodInfo method) =>
        method.IsDefined(typeof(SimtExampleAttribute)) && method.ReturnType == typeof(void)
        && method.GetParameters() is [var only] && only.ParameterType == typeof(Device);

    private static MmrrModel Small(Device device, int[] sizes)
    {
        try
        {
            var model = new MmrrModel(device, new MmrrOptions { Size = sizes[1], Width = sizes[2], Resolutions = Resolutions, Channels = 1 });
            model.Initialize(1);
            return model;
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--shape: {e.Message}");
        }
    }
}
