using System.Diagnostics;
using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Exceptions that nobody meant are not told as bad input.</summary>
[Collection(ProgramTests.Name)]
public sealed class DefectReportTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A library of the program that is damaged or missing: what follows is nobody's input.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheyEndWithACodeOfTheirOwnAndAskForAReport(bool missing)
    {
        string[] command = MmrrProcess.CommandOf("threshold", runs.MnistRun);
        Assert.SkipUnless(command[1].EndsWith("mmrr.dll", StringComparison.Ordinal), "the program has its runtime beside it");
        string program = Path.GetDirectoryName(command[1])!;
        foreach (string file in Directory.GetFiles(program)) File.Copy(file, Path.Combine(_folder.Path, Path.GetFileName(file)));
        string library = _folder["MathNet.Numerics.dll"];
        if (missing) File.Delete(library);
        else File.WriteAllText(library, "no library");
        using var process = Process.Start(new ProcessStartInfo(command[0], [_folder["mmrr.dll"], .. command[2..]])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        var outcome = MmrrProcess.Finish(process).Ends(70);
        Assert.StartsWith("mmrr: internal error of mmrr ", outcome.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains("please report it", outcome.ErrorLines[0], StringComparison.Ordinal);
        Assert.Contains(outcome.ErrorLines[1..], line => line.Contains("at Mmrr.App.", StringComparison.Ordinal));
    }
}
