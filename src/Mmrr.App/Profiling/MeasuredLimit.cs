using System.Diagnostics;
using System.Globalization;

namespace Mmrr.App.Profiling;

/// <summary>A rate of a device, measured until measurements agree.</summary>
/// <param name="Rate">The best measurement: an amount a second, above 0.</param>
/// <param name="Doubt">Empty where the best three measurements agree to 3 %; otherwise, after a comma, why the rate is uncertain.</param>
internal sealed record MeasuredLimit(double Rate, string Doubt)
{
    private const int Agreeing = 3;
    private const double MostSpread = 0.03;

    // Where other programs use the cores, workers take turns or pause: the half of a rate then agrees as well as the whole.
    private const double LeastBusy = 0.9;
    private const double LeastOwn = 0.6;

    // Enough that the processor raises its clock.
    private const int Fewest = 6;
    private static readonly TimeSpan s_each = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Measures for 50 ms at a time, each time the best kernel: at least six times, and until the best three agree or 2 s have passed. On <c>cpu</c> the
    /// workers must have run at once, and the program must have had 60 % of the cores' time.
    /// </summary>
    /// <param name="device">The device, without a profiler.</param>
    /// <param name="enqueue">Enqueues the kernel; a few milliseconds at most are best, to find a moment in which no other program uses a core.</param>
    /// <param name="amount">What the rate counts of a kernel's work.</param>
    public static MeasuredLimit Of(Device device, Action enqueue, Func<Work, double> amount)
    {
        var measurements = new List<(bool Together, double Rate)>();
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        int cores = Math.Min(device.Workers, Environment.ProcessorCount);
        MeasuredLimit limit;
        do
        {
            measurements.Add(Best(device, enqueue, amount));
            (bool Together, double Rate)[] best = [.. measurements.OrderDescending().Take(Agreeing)];
            bool isAlone = device.Kind != DeviceKind.Cpu || Environment.CpuUsage.TotalTime - before >= LeastOwn * cores * watch.Elapsed;
            limit = new MeasuredLimit(best[0].Rate, DoubtOf(best, isAlone));
        }
        while (measurements.Count < Fewest || (limit.Doubt.Length > 0 && watch.Elapsed < s_longest));
        return limit;
    }

    /// <summary>The best rate of one measurement, of the kernels with all workers at once if there are any. The profiler's times exclude the launch.</summary>
    private static (bool Together, double Rate) Best(Device device, Action enqueue, Func<Work, double> amount)
    {
        using var profiler = new Profiler(device);
        var watch = Stopwatch.StartNew();
        do
        {
            for (int i = 0; i < 4; i++) enqueue();
            device.Synchronize();
        }
        while (watch.Elapsed < s_each);
        return profiler.Kernels.Max(kernel => (Busy(kernel) >= LeastBusy, amount(kernel.Work) / kernel.Seconds));
    }

    /// <summary>The share of a kernel's time in which its workers run, their average.</summary>
    private static double Busy(ProfiledKernel kernel) => kernel.Workers.Average(worker => worker.End - worker.Begin) / kernel.Seconds;

    private static string DoubtOf((bool Together, double Rate)[] best, bool isAlone)
    {
        if (!best.All(one => one.Together)) return ", uncertain: the workers did not run at once";
        double spread = 1 - (best[^1].Rate / best[0].Rate);
        return spread > MostSpread
            ? string.Create(CultureInfo.InvariantCulture, $", uncertain: the best {Agreeing} measurements differ by {spread * 100:F1} %")
            : isAlone ? "" : ", uncertain: other programs use the processor";
    }
}
