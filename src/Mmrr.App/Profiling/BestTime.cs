using System.Diagnostics;

namespace Mmrr.App.Profiling;

/// <summary>
/// The best time of a kernel. It is enqueued several times before the host waits, as in a training step, so that the cost of a launch on <c>cpu</c> and of
/// the wait is shared.
/// </summary>
internal static class BestTime
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_all = TimeSpan.FromMilliseconds(300);
    private const int MostTogether = 64;
    private const int FewestRuns = 5;

    /// <summary>Seconds of one call: the best of at least five runs over at least 0.3 s, after 50 ms of warm-up.</summary>
    /// <param name="device">The device to wait for.</param>
    /// <param name="enqueue">Enqueues the kernel.</param>
    public static double Of(Device device, Action enqueue)
    {
        var watch = Stopwatch.StartNew();
        TimeSpan once;
        do once = Run(device, enqueue, 1);
        while (watch.Elapsed < s_warmUp);
        int together = (int)Math.Clamp(Math.Ceiling(s_shortest / once), 1, MostTogether);
        var best = TimeSpan.MaxValue;
        watch.Restart();
        for (int run = 0; run < FewestRuns || watch.Elapsed < s_all; run++)
        {
            var elapsed = Run(device, enqueue, together);
            if (elapsed < best) best = elapsed;
        }
        return best.TotalSeconds / together;
    }

    private static TimeSpan Run(Device device, Action enqueue, int times)
    {
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < times; i++) enqueue();
        device.Synchronize();
        return Stopwatch.GetElapsedTime(begin);
    }
}
