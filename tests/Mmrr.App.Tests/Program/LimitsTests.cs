using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr limits</c>.</summary>
public sealed partial class LimitsTests
{
    [Fact]
    public void PrintsALineForEachLimitOfTheCpu()
    {
        string[] lines = MmrrProgram.Run("limits", "--device", "cpu", "--threads", "2").Ends(0).OutputLines;
        Assert.Matches("^cpu: 2 workers, .+, .+$", lines[0]);
        // Not every processor has three levels of the cache.
        var levels = Enumerable.Range(1, lines.Length - 3).Select(level => $"level {level}");
        Assert.Equal(["multiply-adds", .. levels, "memory"], lines[1..].Select(Name));
        Assert.NotEmpty(levels);
    }

    [Fact]
    public void TheSimulatorHasNoCachesToMeasure()
    {
        string[] lines = MmrrProgram.Run("limits", "--device", "simt").Ends(0).OutputLines;
        Assert.StartsWith("simt: ", lines[0], StringComparison.Ordinal);
        Assert.Equal(["multiply-adds", "memory"], lines[1..].Select(Name));
    }

    [Theory]
    [InlineData("gpu", "--device", "gpu")]
    [InlineData("--threads", "--device", "cpu", "--threads", "0")]
    [InlineData("contradict", "--device", "simt", "--threads", "2")]
    public void BadArgumentsAreRefused(string word, params string[] options) => MmrrProgram.Run(["limits", .. options]).Refuses(word);

    // The limit's name; its rate is above 0, in the unit of such limits.
    private static string Name(string line)
    {
        var match = LimitLine().Match(line);
        Assert.True(match.Success, line);
        Assert.True(double.Parse(match.Groups["rate"].Value, CultureInfo.InvariantCulture) > 0, line);
        Assert.Equal(match.Groups["name"].Value == "multiply-adds" ? "GFLOP/s" : "GB/s", match.Groups["unit"].Value);
        return match.Groups["name"].Value;
    }

    [GeneratedRegex(
        @"^(?<name>multiply-adds|level \d|memory) +(?<rate>\d+\.\d) (?<unit>GFLOP/s|GB/s) +"
        + @"(in registers|read and written, \d+(\.\d)? [KM]B( a worker)?)(, uncertain: [\w .%]+)?$")]
    private static partial Regex LimitLine();
}
