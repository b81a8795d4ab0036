using Mmrr.Training.Fitting;

namespace Mmrr.App.Profiling;

/// <summary>The kernels of a run by operation, as the rows of <see cref="KernelTable"/>.</summary>
/// <param name="Seconds">Time of the run, at least 0; kernels and what is outside of them.</param>
/// <param name="Kernels">Its kernels by name.</param>
internal sealed record RunProfile(double Seconds, IReadOnlyDictionary<string, KernelTotal> Kernels)
{
    /// <summary>All kernels.</summary>
    public KernelTotal Total => new(Kernels.Values.Sum(k => k.Calls), Kernels.Values.Sum(k => k.Seconds));

    /// <summary>Of a profiled run.</summary>
    public static RunProfile Of(WorkloadRun run) => Of(run.Seconds, run.Kernels.Select(k => (k.Work.Operation, k.Seconds)));

    /// <summary>Of a time and the time of each call of a kernel, both in seconds.</summary>
    public static RunProfile Of(double seconds, IEnumerable<(string Operation, double Seconds)> calls) =>
        new(seconds, calls.GroupBy(c => c.Operation).ToDictionary(g => g.Key, g => new KernelTotal(g.Count(), g.Sum(c => c.Seconds))));
}

/// <summary>The calls of a kernel in a run.</summary>
/// <param name="Calls">Their number.</param>
/// <param name="Seconds">Their time, the sum over all calls.</param>
internal readonly record struct KernelTotal(int Calls, double Seconds);
