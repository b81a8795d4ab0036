using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Arguments that cannot be: one line that names the option, exit code 2, nothing written.</summary>
[Collection(ProgramTests.Name)]
public sealed class BadArgumentTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string[] Digits => ["--data", "mnist", "--root", runs.Mnist, "--normal", "1"];

    public void Dispose() => _folder.Dispose();

    // What is added to a good command, and what the line must name.
    [Theory]
    [InlineData("--data", "--data imagenet")]
    [InlineData("--preset", "--preset huge")]
    [InlineData("--mask", "--mask soft")]
    [InlineData("--augment", "--augment flip,shear")]
    [InlineData("--refine-inputs", "--refine-inputs x,y")]
    [InlineData("--refine-inputs", "--refine-inputs x,x")]
    [InlineData("--wdith", "--wdith 16")]
    [InlineData("gpu", "--device gpu")]
    [InlineData("cuda:x", "--device cuda:x")]
    [InlineData("--threads", "--threads 0")]
    [InlineData("--threads", "--threads two")]
    [InlineData("--precision", "--precision half")]
    [InlineData("--precision tf32 needs a cuda device", "--precision tf32")]
    [InlineData("--epochs", "--epochs 0")]
    [InlineData("--epochs", "--epochs 1.5")]
    [InlineData("--batch", "--batch -1")]
    [InlineData("--lr", "--lr 0")]
    [InlineData("--lr", "--lr nan")]
    [InlineData("--beta2", "--beta2 1")]
    [InlineData("--false-alarm", "--false-alarm 0")]
    [InlineData("--false-alarm", "--false-alarm 0.6")]
    [InlineData("--false-alarm", "--false-alarm nan")]
    [InlineData("--seed", "--seed x")]
    [InlineData("width", "--width 17")]
    [InlineData("--width", "--width 8")]
    [InlineData("size", "--size 9")]
    [InlineData("--size", "--size 4097")]
    [InlineData("--resolutions", "--resolutions 9")]
    [InlineData("--minutes", "--minutes 1")]
    [InlineData("--abnormal", "--abnormal .")]
    [InlineData("--out", "--out")]
    public void OfTrain(string word, string arguments)
    {
        string option = arguments.Split(' ')[0];
        List<string> command = ["train", .. Digits, "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["run"]];
        int given = command.IndexOf(option);
        if (given >= 0) command.RemoveRange(given, 2);
        MmrrProgram.Run([.. command, .. arguments.Split(' ')]).Refuses(word);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData("--root", "train --data mnist --normal 1")]
    [InlineData("--data", "train --root . --normal 1")]
    [InlineData("--normal", "train --root . --data mnist")]
    [InlineData("--normal", "train --root . --data folder --normal 1")]
    [InlineData("--minutes", "train --root . --data folder --minutes nan")]
    [InlineData("--minutes", "train --root . --data folder --minutes 0")]
    [InlineData("fly", "fly")]
    [InlineData("RUN", "evaluate")]
    [InlineData("Must be one of: 'step' 'score' ", "bench fast")]
    [InlineData("--width", "bench step --width 0")]
    [InlineData("--precision tf32 needs a cuda device", "bench conv --device simt --precision tf32")]
    [InlineData("--precision tf32 needs a cuda device", "profile --device cpu --precision tf32")]
    public void OfACommand(string word, string arguments) => MmrrProgram.Run(arguments.Split(' ')).Refuses(word);

    [Theory]
    [InlineData("--levels", "evaluate", "--levels", "1")]
    [InlineData("--levels", "evaluate", "--levels", "x")]
    [InlineData("--limit", "evaluate", "--limit", "1")]
    [InlineData("--threads", "evaluate", "--threads", "2000")]
    [InlineData("gpu", "evaluate", "--device", "gpu")]
    [InlineData("--precision tf32 needs a cuda device", "evaluate", "--precision", "tf32")]
    [InlineData("--precision", "score", "--precision", "bfloat16")]
    [InlineData("--levels", "score", "--levels", "1001")]
    [InlineData("gpu", "score", "--device", "gpu")]
    [InlineData("--map", "score", "--map", "yes")]
    public void OfEvaluateAndScore(string word, string command, string option, string value)
    {
        string image = _folder.WritePlain("image.png", 8, 8, 1);
        var before = TrainedRuns.Contents(runs.MnistRun);
        string[] paths = command == "score" ? [image] : [];
        MmrrProgram.Run([command, runs.MnistRun, .. paths, option, value]).Refuses(word);
        Assert.Equal(before, TrainedRuns.Contents(runs.MnistRun));
    }

    [Fact]
    public void CudaWhereThereIsNone()
    {
        try
        {
            Device.Open("cuda").Dispose();
        }
        catch (DeviceUnavailableException)
        {
            MmrrProcess.Run(["train", .. Digits, "--epochs", "1", "--device", "cuda", "--out", _folder["run"]]).Refuses("cuda");
            Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
            return;
        }
        Assert.Skip("there is a CUDA device");
    }
}
