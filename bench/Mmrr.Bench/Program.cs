using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Mmrr.Bench;

// --kernel-device NAME (or MMRR_BENCH_DEVICE) says where the kernels run; all other arguments are BenchmarkDotNet's own.
const string Option = "--kernel-device";
int at = Array.IndexOf(args, Option);
if (at >= 0)
{
    if (at + 1 == args.Length)
    {
        Console.Error.WriteLine($"{Option} needs a name: auto, cpu, simt, cuda or cuda:N");
        return 2;
    }
    // Benchmarks run in processes of their own, which inherit the variable.
    Environment.SetEnvironmentVariable(KernelBenchmark.DeviceVariable, args[at + 1]);
    args = [.. args[..at], .. args[(at + 2)..]];
}
var config = DefaultConfig.Instance.AddColumn(RateColumn.Operations, RateColumn.Bytes).WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60));
BenchmarkSwitcher.FromAssembly(typeof(KernelBenchmark).Assembly).Run(args, config);
return 0;
