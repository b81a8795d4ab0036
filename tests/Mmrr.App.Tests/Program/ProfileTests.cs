using System.Text.Json;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr profile</c>.</summary>
public sealed class ProfileTests : IDisposable
{
    private static readonly string[] s_tiny =
        ["profile", "--device", "cpu", "--threads", "2", "--width", "16", "--size", "8", "--levels", "2", "--batch", "1", "--mask-levels", "2", "--steps", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PrintsATableForEachPhaseAndForScoring()
    {
        string[] lines = MmrrProgram.Run(s_tiny).Ends(0).OutputLines;
        Assert.StartsWith("cpu: 2 workers", lines[0], StringComparison.Ordinal);
        Assert.Matches(@"^limits: \d+\.\d GFLOP/s .* \d+\.\d GB/s ", lines[1]);
        int[] heads = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].StartsWith("kernel ", StringComparison.Ordinal))];
        Assert.Equal(3, heads.Length);
        foreach (int head in heads)
        {
            string[] rows = [.. lines[(head + 1)..].TakeWhile(line => !line.StartsWith("kernels ", StringComparison.Ordinal))];
            Assert.Contains(rows, row => row.StartsWith("Convolution.Forward ", StringComparison.Ordinal));
            Assert.All(rows, row => Assert.Matches(@"^\w+\.\w+ +\d+ +\d+\.\d\d +\d+\.\d % +(\d+\.\d\d|-) +(\d+\.\d\d|-) +\d+\.\d %  (compute|memory)$", row));
            double[] milliseconds =
                [.. rows.Select(row =>
                    double.Parse(row.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], System.Globalization.CultureInfo.InvariantCulture))];
            Assert.Equal(milliseconds.OrderDescending(), milliseconds);
            Assert.Matches(
                @"^kernels \d+\.\d\d ms, wall \d+\.\d\d ms, outside of kernels \d+\.\d\d ms \(\d+\.\d %\), workers idle \d+\.\d % of the kernels' time$",
                lines[head + 1 + rows.Length]);
        }
    }

    [Fact]
    public void OnPtxKernelsAreCountedNotTimed()
    {
        string[] tiny = ["profile", "--device", "ptx", "--width", "16", "--size", "8", "--levels", "2", "--batch", "1", "--mask-levels", "2"];
        string[] lines = MmrrProgram.Run(tiny).Ends(0).OutputLines;
        Assert.StartsWith("ptx: PTX for sm_90", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, lines.Count(line => line.StartsWith("training step", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line == "Moments.UpdateKernel"));
        Assert.Contains(lines, line => line.StartsWith("h100          at least ", StringComparison.Ordinal));
        MmrrProgram.Run([.. tiny, "--trace", _folder["trace.json"]]).Refuses("--trace", "it counts");
    }

    [Fact]
    public void TheTraceIsJsonWithTimesForEachWorker()
    {
        string path = _folder["trace.json"];
        _folder.Write("trace.json", "the one before"u8);
        MmrrProgram.Run([.. s_tiny, "--trace", path]).Ends(0);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder.Path));
        using var trace = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement[] all = [.. trace.RootElement.GetProperty("traceEvents").EnumerateArray()];
        JsonElement[] kernels = [.. all.Where(e => e.GetProperty("ph").GetString() == "X")];
        Assert.All(all, e => Assert.True(e.GetProperty("ph").GetString() is "X" or "M"));
        Assert.All(kernels, e =>
        {
            Assert.True(e.GetProperty("ts").GetDouble() > 0);
            Assert.True(e.GetProperty("dur").GetDouble() > 0);
            Assert.StartsWith("[", e.GetProperty("args").GetProperty("shape").GetString(), StringComparison.Ordinal);
            Assert.True(e.GetProperty("args").GetProperty("GFLOP/s").GetDouble() >= 0);
            Assert.True(e.GetProperty("args").GetProperty("GB/s").GetDouble() >= 0);
            // A worker's part is at most the whole call; both are rounded.
            Assert.InRange(e.GetProperty("dur").GetDouble(), 0, (e.GetProperty("args").GetProperty("kernelSeconds").GetDouble() * 1e6) + 0.002);
        });
        var data = trace.RootElement.GetProperty("otherData");
        Assert.Equal(1, data.GetProperty("format").GetInt32());
        Assert.Equal(16, data.GetProperty("case").GetProperty("width").GetInt32());
        Assert.StartsWith("cpu: 2 workers", data.GetProperty("case").GetProperty("device").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, data.GetProperty("runSeconds").GetArrayLength());
        Assert.Equal([0, 1], kernels.Select(e => e.GetProperty("tid").GetInt32()).Distinct().Order());
        Assert.Equal([0, 1, 2], kernels.Select(e => e.GetProperty("pid").GetInt32()).Distinct().Order());
    }

    [Theory]
    [InlineData("missing/trace.json")]
    [InlineData("")]
    public void ATraceThatCannotBeWrittenIsRefusedBeforeTheWork(string name)
    {
        var outcome = MmrrProgram.Run([.. s_tiny, "--trace", _folder[name]]);
        outcome.Refuses("--trace", _folder.Path);
        Assert.Empty(outcome.OutputLines);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("width", "--width", "17")]
    [InlineData("size", "--size", "9")]
    [InlineData("--steps", "--steps", "0")]
    [InlineData("--mask-levels", "--mask-levels", "1")]
    [InlineData("gpu", "--device", "gpu")]
    public void BadArgumentsAreRefused(string word, string option, string value)
    {
        string[] arguments = [.. s_tiny];
        arguments[Array.IndexOf(arguments, option) + 1] = value;
        MmrrProgram.Run(arguments).Refuses(word);
    }
}
