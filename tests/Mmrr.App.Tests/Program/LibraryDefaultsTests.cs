using System.Diagnostics;
using System.Text.Json;
using Mmrr.App.Output;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>What libraries do when they are not told otherwise, and this program does not want.</summary>
[Collection(OutsideTests.Name)]
public sealed class LibraryDefaultsTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // System.CommandLine takes @name for a file of arguments, and what stands in brackets before the command for an order to itself.
    [Theory]
    [InlineData("@1.png")]
    [InlineData("@")]
    [InlineData("[suggest].png")]
    [InlineData("-x.png")]
    [InlineData("a=b:c.png")]
    public void NamesOfFilesAreTakenAsTheyAre(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "names have no colons there");
        _folder.WritePlain(name, 8, 8, 1);
        var outcome = In(_folder.Path, "score", runs.FolderRun, name, "--device", "cpu").Ends(0);
        Assert.StartsWith($"{name},", outcome.OutputLines[1], StringComparison.Ordinal);
        In(_folder.Path, "train", "--data", "folder", "--root", "@missing").Refuses("@missing", "no such folder");
    }

    // System.Text.Json takes the last of two values and null for anything.
    [Theory]
    [InlineData("run.json", "\"seed\": 0", "\"seed\": 0, \"seed\": 1", "seed")]
    [InlineData("run.json", "\"augment\": \"none\"", "\"augment\": null", "augment")]
    [InlineData("run.json", "\"seed\": 0", "\"seed\": 0 /* of the split */", "run.json")]
    [InlineData("threshold.json", "\"heldOut\": [", "\"added\": [], \"heldOut\": [", "added")]
    [InlineData("threshold.json", "\"heldOut\": [", "\"heldOut\": null, \"x\": [", "heldOut")]
    public void FilesOfARunSayEverythingOnceAndMeanIt(string name, string was, string becomes, string word)
    {
        string run = runs.Copy(runs.FolderRun, $"json-{Guid.NewGuid()}"), path = Path.Combine(run, name), text = File.ReadAllText(path);
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(was, becomes, StringComparison.Ordinal));
        MmrrProgram.Run("score", run, _folder.WritePlain("1.png", 8, 8, 1), "--device", "cpu").Refuses(name, word);
    }

    // MathNet looks for Intel's and other libraries on the machine, so that figures would depend on what else is installed.
    [Fact]
    public void LinearAlgebraIsTheSameOnAllMachines()
    {
        string file = Path.Combine(Path.GetDirectoryName(typeof(Outside).Assembly.Location)!, "mmrr.runtimeconfig.json");
        Assert.SkipUnless(File.Exists(file), "the program has its runtime beside it");
        using var configuration = JsonDocument.Parse(File.ReadAllText(file));
        var properties = configuration.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        Assert.True(properties.GetProperty("Switch.MathNet.Numerics.Providers.DisableNativeProviders").GetBoolean());
    }

    private static Outcome In(string folder, params string[] arguments)
    {
        string[] command = MmrrProcess.CommandOf(arguments);
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        return MmrrProcess.Finish(process);
    }
}
