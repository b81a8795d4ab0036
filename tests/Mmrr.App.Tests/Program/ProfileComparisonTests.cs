using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr profile --against</c>.</summary>
public sealed class ProfileComparisonTests : IDisposable
{
    private static readonly string[] s_tiny =
        ["profile", "--device", "cpu", "--threads", "2", "--width", "16", "--size", "8", "--levels", "2", "--batch", "1", "--mask-levels", "2", "--steps", "1"];

    // The command takes seconds, and a trace of it serves all tests.
    private static readonly Lazy<(string Trace, Row[][] Tables)> s_earlier = new(() =>
    {
        using var folder = new TemporaryFolder();
        string first = folder["first.json"], second = folder["second.json"];
        MmrrProgram.Run([.. s_tiny, "--trace", first]).Ends(0);
        var outcome = MmrrProgram.Run([.. s_tiny, "--trace", second, "--against", first]).Ends(0);
        Assert.Equal("", outcome.Error);
        return (File.ReadAllText(second), Tables(outcome));
    });

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WithTheSameCase()
    {
        var outcome = Against(_ => { }).Ends(0);
        Assert.Equal("", outcome.Error);
        Assert.Single(outcome.OutputLines, line => line.StartsWith($"against {_folder["trace.json"]}, of mmrr ", StringComparison.Ordinal));
        Row[][] tables = Tables(outcome), earlier = s_earlier.Value.Tables;
        Assert.Equal(3, tables.Length);
        foreach (var (rows, before) in tables.Zip(earlier))
        {
            Assert.All(rows, row => Assert.Equal(row.CallsBefore, row.CallsNow));
            Assert.Contains(rows, row => row.Name == "Convolution.Forward");
            AssertConsistent(rows);
            // What was now in the run that wrote the trace is before in this one.
            Assert.Equal(
                before.Select(row => (row.Name, row.CallsNow, row.Now)).OrderBy(row => row.Name, StringComparer.Ordinal),
                rows.Select(row => (row.Name, row.CallsBefore, row.Before)).OrderBy(row => row.Name, StringComparer.Ordinal));
        }
    }

    [Fact]
    public void KernelsThatOnlyOneHas()
    {
        var outcome = Against(trace =>
        {
            var events = trace["traceEvents"]!.AsArray();
            events.RemoveAll(e => (string?)e!["name"] == "Elementwise.Tanh");
            foreach (var e in events.Where(e => (string?)e!["name"] == "GroupNormalization.Forward")) e!["name"] = "Old.[red]Forward";
            // By far the largest change.
            foreach (var e in events.Where(e => (string?)e!["name"] == "Convolution.Forward")) e!["args"]!["kernelSeconds"] = 1000;
        }).Ends(0);
        Assert.Equal("", outcome.Error);
        foreach (var rows in Tables(outcome))
        {
            AssertConsistent(rows);
            Assert.Equal("Convolution.Forward", rows[0].Name);
            Assert.Equal(1e6 * rows[0].CallsBefore, rows[0].Before);
            Row tanh = Find("Elementwise.Tanh"), now = Find("GroupNormalization.Forward"), before = Find("Old.[red]Forward");
            Assert.All([tanh, now], row => Assert.Equal((null, null, "only now"), (row.CallsBefore, row.Before, row.Ratio)));
            Assert.Equal((null, null, "only before"), (before.CallsNow, before.Now, before.Ratio));
            Assert.Equal(now.CallsNow, before.CallsBefore);

            Row Find(string name) => Assert.Single(rows, row => row.Name == name);
        }
    }

    [Fact]
    public void AnotherCaseIsToldInOneLine()
    {
        var outcome = Against(trace =>
        {
            var of = trace["otherData"]!["case"]!;
            of["width"] = 32;
            of["steps"] = 5;
            of["device"] = "cuda:0: a card";
        }).Ends(0);
        Assert.Matches(
            @"^mmrr: --against .*trace\.json: of another case: device cuda:0: a card, now cpu: 2 workers, .*; width 32, now 16; steps 5, now 1$",
            Assert.Single(outcome.ErrorLines));
        Assert.Equal(3, Tables(outcome).Length);
        Against(trace => trace["otherData"]!["case"]!["method"] = "ae").Refuses("--against", "of the method ae, not of mmrr");
    }

    [Theory]
    [InlineData("", "not a regular file, or empty")]
    [InlineData("trace", "not JSON, or cut off, at line 1, byte 3")]
    [InlineData("{\"traceEvents\":[", "not JSON, or cut off")]
    [InlineData("[]", "another program or an older mmrr")]
    [InlineData("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[]}", "another program or an older mmrr")]
    [InlineData("{\"otherData\":{\"version\":\"My Application v1.0\"},\"traceEvents\":[]}", "another program or an older mmrr")]
    [InlineData("{\"otherData\":{\"format\":0},\"traceEvents\":[]}", "another program or an older mmrr")]
    [InlineData("{\"otherData\":{\"format\":2}}", "written by a newer mmrr (format 2, this one reads 1)")]
    [InlineData("{\"otherData\":{\"format\":1e99}}", "written by a newer mmrr")]
    [InlineData("{\"otherData\":{\"format\":1},\"traceEvents\":[]}", "something in it is missing")]
    public void AFileThatIsNoTrace(string content, string words) => Refused(content, words);

    [Theory]
    [InlineData("\"runSeconds\":[", "\"runSeconds\":[1,")]
    [InlineData("\"runSeconds\":[", "\"runSeconds\":[-")]
    [InlineData("\"runSeconds\":", "\"seconds\":")]
    [InlineData("\"width\":16,", "")]
    [InlineData("\"case\":{", "\"case\":null,\"was\":{")]
    [InlineData("\"precision\":\"float32\"", "\"precision\":\"\"")]
    [InlineData("\"device\":\"cpu", "\"device\":\"\\n")]
    [InlineData("\"call\":", "\"number\":")]
    [InlineData("\"kernelSeconds\":", "\"kernelSeconds\":-1e999,\"was\":")]
    [InlineData("\"pid\":2", "\"pid\":3")]
    [InlineData("\"ph\":\"X\"", "\"ph\":\"B\"")]
    [InlineData("\"traceEvents\":[", "\"traceEvents\":[null,")]
    [InlineData("\"name\":\"Convolution.Forward\"", "\"name\":null")]
    [InlineData("\"name\":\"Convolution.Forward\"", "\"name\":\"\\ud800\"")]
    [InlineData("{\"displayTimeUnit\"", "{\"traceEvents\":[],\"displayTimeUnit\"")]
    public void ATraceThatLacksSomething(string old, string by)
    {
        string trace = s_earlier.Value.Trace;
        Assert.Contains(old, trace, StringComparison.Ordinal);
        Refused(trace.Replace(old, by, StringComparison.Ordinal), "something in it is missing or out of its range");
    }

    [Fact]
    public void AFileThatIsCutOffOrNotThere()
    {
        Refused(s_earlier.Value.Trace[..^1], "cut off");
        MmrrProgram.Run([.. s_tiny, "--against", _folder["none.json"]]).Refuses("--against", _folder["none.json"], "no such file");
        MmrrProgram.Run([.. s_tiny, "--against", _folder.Path]).Refuses("--against", _folder.Path, "is a folder");
    }

    [Fact]
    public void TheTraceIsNotReplaced()
    {
        string path = _folder.Write("trace.json", Encoding.UTF8.GetBytes(s_earlier.Value.Trace));
        MmrrProgram.Run([.. s_tiny, "--against", path, "--trace", path]).Refuses("--trace", path, "is also an input");
        Assert.Equal(s_earlier.Value.Trace, File.ReadAllText(path));
    }

    private Outcome Against(Action<JsonNode> change)
    {
        var trace = JsonNode.Parse(s_earlier.Value.Trace)!;
        change(trace);
        return MmrrProgram.Run([.. s_tiny, "--against", _folder.Write("trace.json", Encoding.UTF8.GetBytes(trace.ToJsonString()))]);
    }

    private void Refused(string content, string words)
    {
        string path = _folder.Write("trace.json", Encoding.UTF8.GetBytes(content));
        var outcome = MmrrProgram.Run([.. s_tiny, "--against", path]);
        outcome.Refuses($"--against {path}: ", words);
        Assert.Empty(outcome.OutputLines);
    }

    /// <summary>The largest change first, the sums of all and the wall last.</summary>
    private static void AssertConsistent(Row[] rows)
    {
        var kernels = rows[..^2];
        Assert.Equal(kernels.Select(row => Math.Abs(row.Change)).OrderDescending(), kernels.Select(row => Math.Abs(row.Change)));
        Row all = rows[^2], wall = rows[^1];
        Assert.Equal(("all kernels", "wall"), (all.Name, wall.Name));
        Assert.Equal((kernels.Sum(row => row.CallsBefore), kernels.Sum(row => row.CallsNow)), (all.CallsBefore, all.CallsNow));
        Assert.Equal(kernels.Sum(row => row.Now ?? 0), all.Now!.Value, 0.001 * rows.Length);
        // Each figure is rounded to a thousandth.
        Assert.All(rows, row => Assert.Equal((row.Now ?? 0) - (row.Before ?? 0), row.Change, 0.002));
    }

    /// <summary>The tables of a comparison, which end with the row of the wall.</summary>
    private static Row[][] Tables(Outcome outcome)
    {
        string[] lines = outcome.OutputLines;
        return
        [
            .. Enumerable.Range(0, lines.Length).Where(i => Regex.IsMatch(lines[i], "^kernel .* ratio$"))
                .Select(head => lines[(head + 1)..(WallAfter(head) + 1)].Select(Row.Parse).ToArray()),
        ];

        int WallAfter(int head) => Array.FindIndex(lines, head, line => line.StartsWith("wall ", StringComparison.Ordinal));
    }

    private sealed record Row(string Name, int? CallsBefore, int? CallsNow, double? Before, double? Now, double Change, string Ratio)
    {
        public static Row Parse(string line)
        {
            string[] cells = Regex.Replace(line, "(only|all) (?=[a-z])", "$1_").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(7, cells.Length);
            return new Row(
                cells[0].Replace('_', ' '), Number<int>(cells[1]), Number<int>(cells[2]), Number<double>(cells[3]), Number<double>(cells[4]),
                Number<double>(cells[5])!.Value, cells[6].Replace('_', ' '));
        }

        private static T? Number<T>(string cell)
            where T : struct, IParsable<T> => cell == "-" ? null : T.Parse(cell, CultureInfo.InvariantCulture);
    }
}
