using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Messages that cannot be written, other locales, poor and narrow terminals: none of it fails the work, or spoils what is read.</summary>
[Collection(OutsideTests.Name)]
public sealed class SideChannelTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // What is added to the command in a shell, and how many lines of complaint about it come.
    [Theory]
    [InlineData("> /dev/full", 1)]
    [InlineData(">&-", 0)]
    [InlineData(">&- 2>&-", 0)]
    [InlineData("> /dev/full 2> /dev/full", 0)]
    [InlineData("2> /dev/full", 0)]
    public void WorkIsDoneWhoeverHearsOfIt(string redirection, int lines)
    {
        NeedsAShell();
        string run = runs.Copy(runs.MnistRun, $"heard-{Guid.NewGuid()}");
        foreach (string name in new[] { "evaluation.json", "scores.csv" }) File.Delete(Path.Combine(run, name));
        var outcome = Shell(redirection, "evaluate", run).Ends(0);
        Assert.Equal(lines, outcome.ErrorLines.Count(line => line.Contains("standard output cannot be written: No space left", StringComparison.Ordinal)));
        Assert.True(File.Exists(Path.Combine(run, "evaluation.json")));
        Assert.Equal(31, File.ReadAllLines(Path.Combine(run, "scores.csv")).Length);
    }

    [Theory]
    [InlineData("> /dev/full")]
    [InlineData(">&-")]
    public void AnotherRuleComesWithItsThresholdWhoeverHearsOfIt(string redirection)
    {
        NeedsAShell();
        string run = runs.Copy(runs.FolderRun, $"heard-{Guid.NewGuid()}");
        Shell(redirection, "threshold", run, "--rule", "paper", "--device", "cpu").Ends(0);
        Assert.Equal(Nn.ScoreRule.Paper, Nn.Calibration.Find(run)!.Rule);
    }

    [Theory]
    [InlineData(">&-", "standard output is closed")]
    [InlineData("> /dev/full", "No space left on device")]
    public void ResultsThatCannotBeWrittenAreNoSuccess(string redirection, string words)
    {
        NeedsAShell();
        string image = _folder.WritePlain("image.png", 8, 8, 1);
        Shell(redirection, "score", runs.FolderRun, image, "--device", "cpu").Refuses(words);
        TrainedRuns.CopyTo(runs.FolderRun, _folder["list/one"]);
        Shell(redirection, "runs", _folder["list"]).Refuses(words);
    }

    [Fact]
    public void ScoresInAFileAreWholeWithoutTheirCopyOnStandardOutput()
    {
        NeedsAShell();
        string[] images = [.. Enumerable.Range(1, 3).Select(i => _folder.WritePlain($"in/{i}.png", 8, 8, (byte)i))];
        Shell("> /dev/full", "score", runs.FolderRun, _folder["in"], "--out", _folder["full"], "--device", "cpu").Refuses("standard output cannot be written");
        Shell(">&-", "score", runs.FolderRun, _folder["in"], "--out", _folder["closed"], "--device", "cpu").Ends(0);
        foreach (string name in new[] { "full", "closed" })
            Assert.Equal(images, File.ReadAllLines(_folder[$"{name}/scores.csv"])[1..].Select(line => line.Split(',')[0]));
    }

    [Theory]
    [InlineData("en_US.ISO-8859-1")]
    [InlineData("ja_JP.EUC-JP")]
    [InlineData("C")]
    public void NamesAreUtf8InEveryLocale(string locale)
    {
        NeedsAShell();
        string image = _folder.WritePlain("ä日.png", 8, 8, 1), list = _folder["out.csv"], missing = _folder["ö.png"], log = _folder["log.txt"];
        ShellIn($"> '{list}' 2> '{log}'", new() { ["LC_ALL"] = locale }, "score", runs.FolderRun, image, missing, "--device", "cpu").Ends(2);
        Assert.True(File.ReadAllBytes(list).AsSpan().IndexOf(Encoding.UTF8.GetBytes(image)) >= 0);
        Assert.True(File.ReadAllBytes(log).AsSpan().IndexOf(Encoding.UTF8.GetBytes(missing)) >= 0);
        // A pipe has a writer of its own.
        Assert.Contains(
            image,
            ShellIn("| cat", new() { ["LC_ALL"] = locale }, "score", runs.FolderRun, image, "--device", "cpu").Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ADumbTerminalGetsNoCodes()
    {
        NeedsATerminal();
        string run = TrainedRuns.CopyTo(runs.MnistRun, _folder["list/dumb"]);
        Assert.DoesNotContain('\u001b', Terminal(80, "dumb", "evaluate", run));
        Assert.DoesNotContain('\u001b', Terminal(80, "dumb", "runs", _folder["list"]));
        Assert.DoesNotContain('\u001b', Terminal(
            80,
            "dumb",
            ["train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["run"]]));
        // The other side: where a terminal knows codes, there are some.
        Assert.Contains('\u001b', Terminal(80, "xterm", "evaluate", run));
    }

    [Fact]
    public void APersonIsToldWhatWasFoundAndWhere()
    {
        NeedsATerminal();
        string image = _folder.WritePlain("in/image.png", 8, 8, 1);
        string[] command = ["score", runs.FolderRun, image, "--out", _folder["out"], "--heatmaps", "--device", "cpu"];
        Assert.Matches(@" of 1 images are anomalous; scores\.csv and heatmaps in \S+/out", Terminal(200, "xterm", command));
        Assert.Empty(MmrrProgram.Run(command).Ends(0).ErrorLines);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(100)]
    [InlineData(80)]
    [InlineData(40)]
    public void TablesFitTheTerminal(int columns)
    {
        NeedsATerminal();
        string run = TrainedRuns.CopyTo(runs.MnistRun, _folder["list/parts"]);
        MmrrProgram.Run("evaluate", run).Ends(0);
        // Relative to the folder above, as one types it: paths are not cut.
        string listed = TerminalIn(_folder["list"], columns, "dumb", "runs", ".");
        using var figures = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json")));
        string auroc = figures.RootElement.GetProperty("imageAuroc").GetDouble().ToString("F4", CultureInfo.InvariantCulture);
        if (columns >= 80)
            Assert.Contains(listed.Split('\n'), line => line.Contains("./parts ", StringComparison.Ordinal)
                && line.Contains(auroc, StringComparison.Ordinal)
                && line.Contains("evaluated", StringComparison.Ordinal));
        else
            Assert.Contains("./parts", listed, StringComparison.Ordinal);
        Assert.Equal(columns < 200, listed.Contains("too narrow for", StringComparison.Ordinal));
        string evaluated = Terminal(columns, "dumb", "evaluate", run);
        Assert.Contains(auroc, evaluated, StringComparison.Ordinal);
        Assert.Contains("false alarms", evaluated, StringComparison.Ordinal);
        foreach (string line in listed.Split('\n').Where(line => line.Contains('│', StringComparison.Ordinal))
            .Concat(evaluated.Split('\n').Where(line => line.Contains('│', StringComparison.Ordinal))))
            Assert.InRange(line.TrimEnd('\r').Length, 1, columns);
    }

    [Theory]
    [InlineData("", 130)]
    [InlineData("trap '' HUP;", 0)]
    public void ATerminalThatIsClosedSavesAsOtherSignalsDo(string before, int code)
    {
        NeedsAShell();
        if (code != 0) Signals.Need("HUP");
        string run = _folder["run"],
            command = Quoted(
            [
                "train", "--data", "mnist", "--root", runs.Mnist, "--normal", "1",
                .. code == 0 ? new[] { "--epochs", "30" } : ["--minutes", "3"], .. TrainedRuns.Tiny, "--out", run
            ]);
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", $"{before} exec {command}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        })!;
        var watch = Stopwatch.StartNew();
        while (!File.Exists(Path.Combine(run, "training.safetensors")) && watch.Elapsed < TimeSpan.FromSeconds(60)) Thread.Sleep(20);
        Signals.Send(process, "HUP");
        MmrrProcess.Finish(process).Ends(code);
        Assert.Equal(code != 0, File.Exists(Path.Combine(run, "training.safetensors")));
    }

    private static void NeedsAShell() => Assert.SkipWhen(OperatingSystem.IsWindows(), "there is no sh on Windows");

    private static void NeedsATerminal() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "there is no script (of util-linux) here, which makes terminals");

    private static string Quoted(string[] arguments) => string.Join(' ', MmrrProcess.CommandOf(arguments).Select(word => $"'{word}'"));

    private static Outcome Shell(string redirection, params string[] arguments) => ShellIn(redirection, [], arguments);

    private static Outcome ShellIn(string redirection, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("sh", ["-c", $"{Quoted(arguments)} {redirection}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.StandardOutputEncoding = start.StandardErrorEncoding = new UTF8Encoding(false);
        using var process = Process.Start(start)!;
        return MmrrProcess.Finish(process);
    }

    private static string Terminal(int columns, string kind, params string[] arguments) => TerminalIn(null, columns, kind, arguments);

    private static string TerminalIn(string? folder, int columns, string kind, params string[] arguments)
    {
        var start = new ProcessStartInfo("script", ["-qec", $"stty cols {columns} rows 50; {Quoted(arguments)}", "/dev/null"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        start.Environment["TERM"] = kind;
        if (folder is not null) start.WorkingDirectory = folder;
        using var process = Process.Start(start)!;
        return MmrrProcess.Finish(process).Ends(0).Output;
    }
}
