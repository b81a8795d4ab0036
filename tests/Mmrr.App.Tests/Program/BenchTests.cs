using System.Globalization;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr bench</c>: lines of key=value.</summary>
public sealed class BenchTests
{
    [Theory]
    [InlineData(2, "step", "images_per_s", "--width 16 --size 8 --levels 2 --steps 1")]
    [InlineData(1, "score", "images_per_s", "--width 16 --size 8 --levels 2 --steps 2 --mask-levels 2")]
    [InlineData(1, "step", "images_per_s", "--method memae --set memory=5 --width 16 --size 8 --levels 2 --steps 1")]
    [InlineData(3, "step score", "images_per_s", "--method deep-svdd --width 16 --size 8 --levels 2 --steps 1")]
    [InlineData(1, "conv", "forward_gflops", "--width 32")]
    [InlineData(3, "conv mask", "device", "--width 16 --size 8")]
    [InlineData(4, "mask", "sweeps", "--mask-levels 3")]
    [InlineData(4, "groupnorm", "backward_ms", "--size 8")]
    public void PrintsALineForEachCase(int lines, string what, string figure, string arguments)
    {
        string[] output = MmrrProgram.Run(
            ["bench", .. what.Split(' '), "--device", "cpu", "--batch", "1", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
            .Ends(0).OutputLines;
        Assert.Equal(lines, output.Length);
        Assert.All(output, line =>
        {
            var values = line.Split(' ').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
            Assert.Equal("mmrr", values["engine"]);
            Assert.Equal("cpu", values["device"]);
            Assert.Equal("float32", values["precision"]);
            Assert.Equal(arguments.Contains("--method", StringComparison.Ordinal) ? arguments.Split(' ')[1] : null, values.GetValueOrDefault("method"));
            if (figure != "device") Assert.True(double.Parse(values[figure], CultureInfo.InvariantCulture) > 0);
        });
        Assert.Equal(lines, output.Select(line => line[..line.LastIndexOf(" threads", StringComparison.Ordinal)]).Distinct().Count());
    }

    [Fact]
    public void OneImageIsTimedAtEachWidth()
    {
        string[] command = ["bench", "latency", "--device", "cpu", "--steps", "2", "--levels", "2", "--mask-levels", "2"];
        string[] lines = MmrrProgram.Run([.. command, "--size", "8"]).Ends(0).OutputLines;
        Assert.Equal(["width=16", "width=32"], lines.Select(line => line.Split(' ')[2]));
        Assert.All(lines, line => Assert.Matches("case=latency .* batch=1 .* size=8 .* schedule=score2 median_ms=[0-9.]+ slowest_ms=[0-9.]+$", line));
        Assert.Contains(" size=64 ", Assert.Single(MmrrProgram.Run([.. command, "--width", "16"]).Ends(0).OutputLines), StringComparison.Ordinal);
        MmrrProgram.Run([.. command, "--batch", "2"]).Refuses("--batch belongs to step, score");
        MmrrProgram.Run([.. command, "--method", "ae"]).Refuses("--mask-levels belongs to the method mmrr, not to ae");
        MmrrProgram.Run("bench", "conv", "--method", "ae").Refuses("--method belongs to step, score, latency");
    }
}
