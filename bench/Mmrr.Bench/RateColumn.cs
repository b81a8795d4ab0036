using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Mmrr.Bench;

/// <summary>GFLOP/s or GB/s: a workload's formula over the mean time.</summary>
public sealed class RateColumn : IColumn
{
    private readonly Func<Work, double> _amount;

    private RateColumn(string name, string legend, Func<Work, double> amount)
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
        var workload = benchmarkCase.Parameters.Items.Select(item => item.Value).OfType<IWorkload>().FirstOrDefault();
        double amount = workload is null ? 0 : _amount(workload.Of(benchmarkCase.Descriptor.WorkloadMethod.Name));
        // The mean is in nanoseconds.
        return amount > 0 && summary[benchmarkCase]?.ResultStatistics is { } statistics
            ? (amount / statistics.Mean).ToString("F1", CultureInfo.InvariantCulture)
            : "-";
    }

    /// <inheritdoc/>
    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    /// <inheritdoc/>
    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    /// <inheritdoc/>
    public bool IsAvailable(Summary summary) => true;
}
