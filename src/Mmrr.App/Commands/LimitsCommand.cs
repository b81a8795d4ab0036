using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.App.Profiling;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr limits</c>: what a device can do at most, a line for each limit.</summary>
internal static class LimitsCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var command = new Command("limits", "Measure what a device can do at most: multiply-adds in float32, and the rates of its memory and caches.")
        {
            device, threads
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            using var opened = Device.Open(parsed.GetValue(device)!, parsed.GetValue(threads));
            Console.WriteLine(Processor.Describe(opened));
            Write("multiply-adds", MachineLimits.MeasureArithmetic(opened), "GFLOP/s", "in registers");
            if (opened.Kind == DeviceKind.Cpu)
            {
                foreach (var (level, bytes) in Processor.WorkingSets(opened.Workers))
                    Write($"level {level}", MachineLimits.MeasureCache(opened, bytes), "GB/s", $"read and written, {Size(bytes)} a worker");
            }
            Write("memory", MachineLimits.MeasureMemory(opened), "GB/s", $"read and written, {Size(MachineLimits.MemoryBytes(opened))}");
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(string name, MeasuredLimit limit, string unit, string where) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-13}  {limit.Rate / 1e9,9:F1} {unit,-7}  {where}{limit.Doubt}"));

    private static string Size(long bytes)
    {
        var (amount, unit) = bytes < 1 << 20 ? (bytes / 1024.0, "KB") : (bytes / 1048576.0, "MB");
        return string.Create(CultureInfo.InvariantCulture, $"{amount:0.#} {unit}");
    }
}
