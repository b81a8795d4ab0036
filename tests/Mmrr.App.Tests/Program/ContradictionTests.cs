using Mmrr.App.Commands;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>
/// Options and arguments that contradict each other, mean nothing together or cannot be, of every command: one line that names them, exit code 2, nothing
/// written. In the commands RUN is a run, DATA the digits' folder, IN a folder with an image, FILE a file, NONE nothing.
/// </summary>
[Collection(ProgramTests.Name)]
public sealed class ContradictionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainedRuns _runs;

    public ContradictionTests(TrainedRuns runs)
    {
        _runs = runs;
        _folder.WritePlain("in/image.png", 8, 8, 1);
        _folder.Write("file", "text"u8);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--threads is 1e3, expected a whole number from 1 to 1024 (mmrr train", "train --data mnist --threads 1e3")]
    [InlineData("--lr is 0,001, expected a number from 1E-09 to 10", "train --data mnist --lr 0,001")]
    [InlineData("--seed is 1.5, expected a whole number", "train --data mnist --seed 1.5")]
    [InlineData("'flip' is named twice", "train --data mnist --root DATA --normal 1 --augment flip,flip")]
    [InlineData("--threads and --device simt contradict", "train --data mnist --root DATA --normal 1 --device simt --threads 2")]
    [InlineData("'--epochs' expects a single argument", "train --data mnist --epochs 1 --epochs 2")]
    [InlineData("--out FILE/run: * is a file, expected a folder", "train --data mnist --root DATA --normal 1 --device cpu --out FILE/run")]
    [InlineData("IN: a folder; expected the run.json", "train --config IN")]
    [InlineData("--precision tf32 needs", "train --config RUN/run.json --device cpu --precision tf32")]
    [InlineData("--out RUN: holds a run", "score RUN IN --out RUN")]
    [InlineData("--out FILE/x: * is a file, expected a folder", "score RUN IN --out FILE/x --device cpu")]
    [InlineData("--out FILE: is a file, expected a folder", "score RUN IN --out FILE")]
    [InlineData("--threads and --device simt contradict", "score RUN IN --device simt --threads 2")]
    [InlineData("'--out' expects a single argument", "score RUN IN --out a --out b")]
    [InlineData("--levels is 0, expected L, uniform:L, log:L or log:L:LOW:HIGH", "score RUN IN --levels 0")]
    [InlineData("--value is inf, expected a number", "threshold RUN --value inf")]
    [InlineData("--value is 1e13, expected a number", "threshold RUN --value 1e13")]
    [InlineData("--out RUN/run.json: expected a name that ends in .html", "report RUN --out RUN/run.json")]
    [InlineData("--out FILE/page.html: * is a file, expected a folder", "report RUN --out FILE/page.html")]
    [InlineData("--out IN/figures: lies within IN", "figures RUN --images IN --out IN/figures")]
    [InlineData("--out RUN: holds a run", "figures RUN --images IN --out RUN")]
    [InlineData("Could not find file * NONE'", "figures RUN --images NONE --out out --device cpu")]
    [InlineData("--mask-levels belongs to score, latency, mask, not to conv", "bench conv --mask-levels 3")]
    [InlineData("shape [4096, 65536, 65536, 1024]: more than", "bench conv --width 1024 --size 65536 --batch 4096 --device cpu")]
    [InlineData("its folder does not exist", "profile --trace FILE/trace.json")]
    [InlineData("--sass needs the NAME of a kernel", "ptx --sass")]
    [InlineData("FILE: is a file, expected a folder of runs", "runs FILE")]
    [InlineData("--out FILE: is a file, expected a folder", "demo --out FILE")]
    [InlineData("unknown device 'gpu'", "demo --out out --device gpu")]
    [InlineData("--minutes belongs to --train", "verify --minutes 1")]
    [InlineData("--train takes no --only", "verify --train IN --only bench")]
    [InlineData("--only: unknown 'all'", "verify --only all")]
    [InlineData("--out * is a file, expected a folder", "verify --device cpu --out FILE")]
    [InlineData("--threads", "evaluate RUN --device simt --threads 2")]
    [InlineData("--threads", "threshold RUN --calibrate IN --device cuda --threads 2")]
    [InlineData("--threads", "report RUN --device cuda:1 --threads 2")]
    [InlineData("--threads", "figures RUN --images IN --device simt --threads 2")]
    [InlineData("--threads", "bench conv --device simt --threads 2")]
    [InlineData("--threads", "profile --device cuda --threads 2")]
    [InlineData("--width is 16.0,", "train --data mnist --width 16.0")]
    [InlineData("--batch is 4097,", "train --data mnist --batch 4097")]
    [InlineData("--size is 99999999999,", "train --data mnist --size 99999999999")]
    [InlineData("--save-every is 1e9,", "train --data mnist --save-every 1e9")]
    [InlineData("--resolutions is 0,", "train --data mnist --resolutions 0")]
    [InlineData(
        "--augment and --normalize: brightness, gain: normalisation removes it again",
        "train --data mnist --root DATA --normal 1 --normalize --augment gain,flip,brightness")]
    [InlineData("--limit is 1e9,", "evaluate RUN --limit 1e9")]
    [InlineData("--levels is 15.5,", "evaluate RUN --levels 15.5")]
    [InlineData("--sweep-images is x,", "report RUN --sweep-images x")]
    [InlineData("--false-alarm is 1%,", "threshold RUN --false-alarm 1%")]
    [InlineData("--rounds is 0,", "verify --rounds 0")]
    [InlineData("--out IN: is a folder", "report RUN --out IN")]
    [InlineData("ends in .html", "report RUN --out page.txt")]
    [InlineData("--out FILE: is a file", "figures RUN --images IN --out FILE")]
    [InlineData("holds a run", "demo --out RUN")]
    [InlineData("--width belongs to", "bench mask --width 16")]
    [InlineData("--levels belongs to", "bench mask groupnorm --levels 2")]
    [InlineData("--steps belongs to", "bench conv --steps 3")]
    [InlineData("--channels belongs to", "bench conv --channels 3")]
    [InlineData("--sm needs the NAME", "ptx --sm 80")]
    [InlineData("--normal belongs to --train", "verify --normal 1")]
    [InlineData("--precision belongs to --train", "verify --precision tf32")]
    [InlineData("--train takes no --rounds", "verify --train IN --rounds 2")]
    [InlineData("--train takes no --python", "verify --train IN --python python3")]
    [InlineData("missing", "score RUN")]
    [InlineData("missing", "threshold")]
    [InlineData("missing", "report")]
    [InlineData("missing", "bench")]
    [InlineData("required", "figures RUN")]
    [InlineData("'b'", "runs IN b")]
    [InlineData("'x'", "profile x")]
    [InlineData("'x'", "devices x")]
    [InlineData("'x'", "evaluate RUN x")]
    [InlineData("'b'", "ptx a b")]
    [InlineData("'maybe'", "train --crop=maybe")]
    public void SeenByWhoTypesIt(string words, string command)
    {
        var before = TrainedRuns.Contents(_folder.Path);
        var run = TrainedRuns.Contents(_runs.FolderRun);
        var outcome = MmrrProgram.Run([.. command.Split(' ').Select(InPlace)]);
        outcome.Refuses([.. words.Split(" * ").Select(InPlace)]);
        Assert.Empty(outcome.OutputLines);
        Assert.Equal(before, TrainedRuns.Contents(_folder.Path));
        Assert.Equal(run, TrainedRuns.Contents(_runs.FolderRun));
        Assert.False(Directory.Exists("out"));
    }

    [Fact]
    public void AnEmptyArgumentIsNoPath()
    {
        MmrrProgram.Run("score", _runs.FolderRun, "").Refuses("argument 3 is empty");
        MmrrProgram.Run("train", "--data", "mnist", "--root", "").Refuses("argument 5 is empty, after --root");
    }

    [Fact]
    public void AloneItPrintsItsHelp()
    {
        var outcome = MmrrProgram.Run().Ends(0);
        Assert.Empty(outcome.ErrorLines);
        Assert.Equal(MmrrProgram.Run("--help").Ends(0).Output, outcome.Output);
        foreach (var command in CommandLine.Create().Subcommands) Assert.Contains($"  {command.Name} ", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryOptionIsExplained()
    {
        foreach (var command in CommandLine.Create().Subcommands)
        {
            Assert.False(string.IsNullOrEmpty(command.Description), command.Name);
            Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrEmpty(argument.Description), argument.Name));
            Assert.All(command.Options, option =>
            {
                Assert.False(string.IsNullOrEmpty(option.Description), $"{command.Name} {option.Name}");
                if (option.ValueType != typeof(bool)) Assert.False(string.IsNullOrEmpty(option.HelpName), $"{command.Name} {option.Name}");
            });
        }
        Assert.Contains("--refine-inputs <LIST>", MmrrProgram.Run("train", "--help").Ends(0).Output, StringComparison.Ordinal);
    }

    private string InPlace(string text) =>
        text.Replace("RUN", _runs.FolderRun, StringComparison.Ordinal).Replace("DATA", _runs.Mnist, StringComparison.Ordinal)
            .Replace("FILE", _folder["file"], StringComparison.Ordinal).Replace("IN", _folder["in"], StringComparison.Ordinal)
            .Replace("NONE", _folder["none"], StringComparison.Ordinal);
}
