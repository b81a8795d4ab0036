using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.App.Verification;
using Xunit;

namespace Mmrr.App.Tests.Verification;

/// <summary><c>mmrr verify</c>.</summary>
[Collection(SimulatorTests.Name)]
public sealed class VerificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PutsLinesOfBothEnginesTogetherAndComparesMedians()
    {
        var measurements = new Measurements();
        foreach (string rate in new[] { "90.0", "100.0", "1.0" })
            measurements.Add("engine=mmrr case=step1 width=128 batch=64 channels=1 size=32 levels=4 device=cuda:0 precision=float32 threads=1 "
                + $"median_s=0.6 images_per_s={rate}");
        measurements.Add("peer=pytorch mode=fp32 case=step1 width=128 batch=64 channels=1 size=32 levels=4 median_ms=711.1 images_per_s=45.0 peak_gib=9.31");
        measurements.Add("engine=mmrr case=conv3x3 n=64 c=128 k=128 h=32 device=cuda:0 precision=tf32 threads=1 "
            + "forward_ms=0.5 forward_backward_ms=1.5 forward_gflops=30000.0 forward_backward_gflops=25000.0");
        measurements.Add(
            "peer=pytorch mode=tf32_channels_last case=conv3x3 n=64 c=128 k=128 h=32 forward_ms=0.25 forward_tflops=60.0 forward_backward_tflops=50.0");
        measurements.Add("engine=mmrr case=mask n=64 levels=15 d=3072 solver=newton device=cuda:0 precision=float32 threads=1 "
            + "ms=2.000 sweeps=2.67 gbs=4.80 memory_limit_gbs=41.0 memory_share=0.117");
        measurements.Add("some other words");
        Assert.Equal(7, measurements.Lines.Count);
        Assert.Equal(4, measurements.Figures.Count);
        var step = measurements.Figures[0];
        Assert.Equal(("step1 width=128 batch=64 channels=1 size=32 levels=4", "images/s"), (step.Case, step.Name));
        Assert.Equal(90, step.Median(Measurements.Float32));
        Assert.Equal(2, step.Ratio(Measurements.Float32, Measurements.PyTorchFloat32));
        Assert.Null(step.Ratio(Measurements.Tf32, Measurements.PyTorchTf32));
        Assert.Equal(0.5, measurements.Figures[1].Ratio(Measurements.Tf32, Measurements.PyTorchTf32));
        Assert.Equal("time in ms", measurements.Figures[3].Name);
    }

    [Fact]
    public void AQuickProfileOnTheSimulatorIsReported()
    {
        MmrrProcess.Run("verify", "--device", "simt", "--quick", "--only", "profile", "--out", _folder["report"]).Ends(0);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["report/verify.json"]));
        Assert.False(json.RootElement.GetProperty("gpu").GetBoolean());
        Assert.Equal("needs a GPU", json.RootElement.GetProperty("whyNoTf32").GetString());
        Assert.True(json.RootElement.GetProperty("profiles").GetProperty("float32").GetArrayLength() > 10);
        string table = File.ReadAllText(_folder["report/verify.md"]);
        Assert.Contains("Nothing here was taken on a GPU", table, StringComparison.Ordinal);
        Assert.Contains("Convolution.Forward", table, StringComparison.Ordinal);
    }

    [Fact]
    public void AProgramThatFailsIsNamedAndTheExitCodeIsOne()
    {
        var outcome = MmrrProcess.Run(
            "verify", "--device", "cpu", "--train", _folder["nothing"], "--minutes", "0.1", "--quick", "--out", _folder["report"]).Ends(1);
        Assert.Contains("mmrr train --data fmnist", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("exit code 2", File.ReadAllText(_folder["report/verify.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatRunsWhenTheTimeIsUpIsEndedAndTheReportIsWritten()
    {
        var outcome = MmrrProcess.Run(
            "verify", "--device", "simt", "--quick", "--only", "bench,profile", "--limit", "0.02", "--out", _folder["report"]).Ends(1);
        Assert.Contains("the time was up", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("`mmrr profile --width 16", File.ReadAllText(_folder["report/verify.md"]), StringComparison.Ordinal);
        Assert.Contains("not run, the time was up", File.ReadAllText(_folder["report/verify.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void TwoSoftwareCardsAgreeInEveryBitAndInstruction()
    {
        MmrrProcess.Run("verify", "--device", "ptx:90", "--quick", "--only", "kernels", "--out", _folder["report"]).Ends(0);
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder["report/verify.json"]));
        foreach (string precision in new[] { "float32", "tf32" })
        {
            var compared = json.RootElement.GetProperty("software").GetProperty(precision);
            Assert.Equal("ptx:80", compared.GetProperty("software").GetString());
            var operations = compared.GetProperty("operations").EnumerateArray().ToList();
            Assert.Contains(operations, one => one.GetProperty("operation").GetString() == "Convolution.Forward");
            Assert.All(operations, one => Assert.Equal(one.GetProperty("values").GetInt64(), one.GetProperty("sameBits").GetInt64()));
            var kernels = compared.GetProperty("kernels").EnumerateArray().ToList();
            Assert.True(kernels.Count > 15, $"{kernels.Count} kernels");
            Assert.All(kernels, one => Assert.Equal(one.GetProperty("predicted").GetInt64(), one.GetProperty("counted").GetInt64()));
        }
        Assert.Contains("Beside the software card `ptx:80`, tf32", File.ReadAllText(_folder["report/verify.md"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--only kernels", "verify --device simt --only kernels")]
    [InlineData("--only", "verify --device cpu --only speed")]
    [InlineData("cuda:1000", "verify --device cuda:1000")]
    public void BadArgumentsAreRefused(string word, string arguments) => MmrrProcess.Run([.. arguments.Split(' '), "--out", _folder["report"]]).Refuses(word);
}
