using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Mmrr.Bench;

/// <summary>GFLOP/s or GB/s: the counted work over the mean time.</summary>
public sealed class RateColumn : IColumn
{
    private static readonly ConcurrentDictionary<BenchmarkCase, (double Operations, double Bytes)> s_counted = [];

    private readonly Func<(double Operations, double Bytes), double> _amount;

    private RateColumn(string name, string legend, Func<(double Operations, double Bytes), double> amount)
    {
        ColumnName = name;
        Legend = legend;
        _amount = amount;
    }

    /// <summary>10⁹ floating-point operations a second.</summary>
    public static RateColumn Operations { get; } =
        new("GFLOP/s", "10^9 floating-point operations a second, by the formulas in docs/kernels", work => work.Operations);

    /// <summary>10⁹ bytes a second.</summary>
    public static RateColumn Bytes { get; } =
        new("GB/s", "10^9 bytes a second that must at least be read and written, by the formulas in docs/kernels", work => work.Bytes);

    /// <inheritdoc/>
    public string Id => ColumnName;

    /// <inheritdoc/>
    public string ColumnName { get; }

    /// <inheritdoc/>
    public string Legend { get; }

    /// <inheritdoc/>
    public bool AlwaysShow => true;

    /// <inheritdoc/>
    public ColumnCategory Category => ColumnCategory.Custom;

    /// <inheritdoc/>
    public int PriorityInCategory => 0;

    /// <inheritdoc/>
    public bool IsNumeric => true;

    /// <inheritdoc/>
    public UnitType UnitType => UnitType.Dimensionless;

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(benchmarkCase);
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics) return "-";
        double amount = _amount(s_counted.GetOrAdd(benchmarkCase, Count));
        // The mean is in nanoseconds.
        return amount > 0 ? (amount / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture) : "-";
    }

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    /// <inheritdoc/>
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    /// <inheritdoc/>
    public bool IsAvailable(Summary summary) => true;

    private static (double Operations, double Bytes) Count(BenchmarkCase benchmarkCase)
    {
        var type = benchmarkCase.Descriptor.Type;
        var benchmark = (KernelBenchmark)Activator.CreateInstance(type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items) type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
        benchmark.Open();
        try
        {
            return benchmark.CountWork(benchmarkCase.Descriptor.WorkloadMethod.CreateDelegate<Action>(benchmark));
        }
        finally
        {
            benchmark.Close();
        }
    }
}
