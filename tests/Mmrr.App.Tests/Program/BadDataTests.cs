using Mmrr.App.Tests.Data;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Data that is missing or damaged: one line that names the file, exit code 2, nothing lost.</summary>
[Collection(OutsideTests.Name)]
public sealed class BadDataTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("t10k-images-idx3-ubyte")]
    [InlineData("t10k-labels-idx1-ubyte")]
    public void AMissingIdxFileOfTheTestSet(string name)
    {
        string run = TrainedOn(SmallData.Mnist(_folder));
        File.Delete(_folder[$"mnist/{name}"]);
        EvaluationIsRefused(run, name);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", "missing")]
    [InlineData("train-images-idx3-ubyte", "cut")]
    [InlineData("train-images-idx3-ubyte", "magic")]
    [InlineData("train-labels-idx1-ubyte.gz", "half")]
    [InlineData("train-labels-idx1-ubyte.gz", "cut")]
    [InlineData("train-labels-idx1-ubyte.gz", "magic")]
    [InlineData("train-labels-idx1-ubyte.gz", "label")]
    public void ADamagedIdxFileOfTheTrainingSet(string name, string damage)
    {
        string root = SmallData.Mnist(_folder), path = _folder[$"mnist/{name}"];
        if (damage == "missing") File.Delete(path);
        else if (damage == "magic") File.WriteAllBytes(path, TemporaryFolder.Idx(2052, [60], new byte[60]));
        else if (damage == "label") File.WriteAllBytes(path, TemporaryFolder.Gzip(TemporaryFolder.Idx(2049, [60], [10, .. new byte[59]])));
        else if (damage == "half") File.WriteAllBytes(path, File.ReadAllBytes(path)[..20]);
        else File.WriteAllBytes(path, File.ReadAllBytes(path)[..^9]); // of a gzip file, its checksum and length
        TrainingIsRefused("mnist", root, "1", path);
    }

    [Fact]
    public void AnEmptyClass()
    {
        string root = SmallData.Mnist(_folder);
        TrainingIsRefused("mnist", root, "7", root, "'7'");
        TrainingIsRefused("mnist", root, "eleven", root, "'eleven'");
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("cut")]
    [InlineData("label")]
    public void ADamagedCifarFile(string damage)
    {
        string root = SmallData.Cifar(_folder), path = _folder["cifar10/data_batch_3.bin"];
        byte[] bytes = File.ReadAllBytes(path);
        if (damage == "missing") File.Delete(path);
        else if (damage == "cut") File.WriteAllBytes(path, bytes[..^1]);
        else File.WriteAllBytes(path, [99, .. bytes[1..]]);
        TrainingIsRefused("cifar10", root, "1", path);
    }

    [Fact]
    public void AnImageThatDoesNotDecode()
    {
        string root = SmallData.Mvtec(_folder), path = _folder["mvtec/weave/train/good/004.png"];
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^40]);
        TrainingIsRefused("mvtec", root, "weave", path);
        File.WriteAllText(path, "no image");
        TrainingIsRefused("mvtec", root, "weave", path);
    }

    [Fact]
    public void CategoriesAndFoldersThatAreMissingOrEmpty()
    {
        string root = SmallData.Mvtec(_folder);
        TrainingIsRefused("mvtec", root, "bottle", root, "'bottle'", "washer, weave");
        TrainingIsRefused("mvtec", _folder["none"], "weave", _folder["none"]);
        string good = _folder["mvtec/weave/train/good"];
        foreach (string file in Directory.GetFiles(good)) File.Delete(file);
        TrainingIsRefused("mvtec", root, "weave", good);
        Directory.CreateDirectory(_folder["empty"]);
        TrainingIsRefused("folder", _folder["empty"], null, _folder["empty"]);
        _folder.WritePlain("one/image.png", 8, 8, 1);
        TrainingIsRefused("folder", _folder["one"], null, _folder["one"]);
    }

    [Fact]
    public void TestImagesAndMasksThatAreDamagedLeaveTheLastEvaluation()
    {
        string root = SmallData.Mvtec(_folder);
        string run = _folder["run"];
        MmrrProgram.Run(["train", "--data", "mvtec", "--root", root, "--normal", "weave", "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        string mask = _folder["mvtec/weave/ground_truth/spot/001_mask.png"], image = _folder["mvtec/weave/test/spot/001.png"];
        byte[] old = File.ReadAllBytes(mask);
        _folder.WritePlain("mvtec/weave/ground_truth/spot/001_mask.png", 16, 15, 255);
        EvaluationIsRefused(run, mask);
        File.Delete(mask);
        EvaluationIsRefused(run, mask);
        File.WriteAllBytes(mask, old);
        // A test image that is another one now is not tested, whatever it is.
        File.WriteAllText(image, "no image");
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.Contains(outcome.ErrorLines, line => line.Contains("changed since training began: weave/test/spot/001.png (test)", StringComparison.Ordinal));
        Directory.Delete(_folder["mvtec/weave/test/good"], recursive: true);
        File.Delete(image);
        EvaluationIsRefused(run, root, "no normal image");
    }

    [Fact]
    public void AFolderWithoutAbnormalImagesCannotBeEvaluated()
    {
        var (normal, _) = SmallData.Folders(_folder);
        string run = _folder["run"];
        MmrrProgram.Run(["train", "--data", "folder", "--root", normal, "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        EvaluationIsRefused(run, normal, "--abnormal");
    }

    /// <summary>The run of the digits, its data elsewhere.</summary>
    private string TrainedOn(string root)
    {
        string run = runs.Copy(runs.MnistRun, Path.GetFileName(_folder.Path));
        string configuration = Path.Combine(run, "run.json"), text = File.ReadAllText(configuration);
        File.WriteAllText(configuration, text.Replace(runs.Mnist, root, StringComparison.Ordinal));
        return run;
    }

    private static void EvaluationIsRefused(string run, params string[] words)
    {
        var before = TrainedRuns.Contents(run);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Refuses(words);
        Assert.Equal(before, TrainedRuns.Contents(run));
    }

    private void TrainingIsRefused(string data, string root, string? normal, params string[] words)
    {
        string[] class_ = normal is null ? [] : ["--normal", normal];
        MmrrProgram.Run(["train", "--data", data, "--root", root, .. class_, "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["refused"]]).Refuses(words);
        // What never began must not stand in the way of the next try.
        Assert.False(Directory.Exists(_folder["refused"]));
    }
}
