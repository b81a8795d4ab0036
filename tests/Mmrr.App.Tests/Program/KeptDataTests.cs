using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>Commands on a run whose data has changed since it was trained.</summary>
[Collection(OutsideTests.Name)]
public sealed class KeptDataTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OneMorePhotoARenamedAndAMissingOneChangeNothingInSilence()
    {
        string run = Trained(out string normal, out string abnormal);
        string[] first = Scores(MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0), run);
        _folder.WritePlain("parts/normal/00 new.png", 9, 9, 99, 90, 60);
        string trained = DataRecord.Find(run)!.Images.First(i => i.Part == ImagePart.Training).Name;
        File.Move(Path.Combine(normal, trained), Path.Combine(normal, "zz.png"));
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2", "--baselines").Ends(0);
        Assert.Equal(first, Scores(outcome, run));
        Assert.Single(outcome.ErrorLines, line => line.Contains("left out: 00 new.png;", StringComparison.Ordinal));
        Assert.Single(outcome.ErrorLines.Distinct(), line => line.Contains($"{trained} is zz.png now", StringComparison.Ordinal));

        // A tested one gone, one that was trained on in the place of another: both named, and neither is tested.
        string[] tested =
            [.. DataRecord.Find(run)!.Images.Where(i => i.Part == ImagePart.Test).Select(i => i.Name)
                .Where(n => n.StartsWith("abnormal/", StringComparison.Ordinal))];
        File.Delete(Path.Combine(abnormal, "..", tested[0]));
        File.Copy(Path.Combine(normal, "zz.png"), Path.Combine(abnormal, "..", tested[1]), overwrite: true);
        outcome = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.Equal(first.Where(row => !tested.Take(2).Contains(row.Split(',')[0])), Scores(outcome, run));
        Assert.Contains(outcome.ErrorLines, line => line.Contains($"missing since training began: {tested[0]} (test)", StringComparison.Ordinal));
        Assert.Contains(outcome.ErrorLines, line => line.Contains($"changed since training began: {tested[1]} (test)", StringComparison.Ordinal));

        // The threshold does not count images twice, nor any that training has seen.
        outcome = MmrrProgram.Run("threshold", run, "--calibrate", normal, "--device", "cpu").Ends(0);
        var added = Assert.Single(Nn.Calibration.Find(run)!.Added);
        Assert.EndsWith("00 new.png", added.Image, StringComparison.Ordinal);
        Assert.Contains(outcome.ErrorLines, line => line.Contains("11 that the run has already", StringComparison.Ordinal));
    }

    [Fact]
    public void AListInAnotherOrderIsTheSameList()
    {
        SmallData.Folders(_folder);
        IEnumerable<string> Rows(string of, string label) =>
            Directory.GetFiles(_folder[$"parts/{of}"]).Order().Select(f => $"{of}/{Path.GetFileName(f)},{label}");
        string[] rows = [.. Rows("normal", "good"), .. Rows("abnormal", "bad")];
        void Write(IEnumerable<string> lines) => File.WriteAllLines(_folder["parts/list.csv"], lines.Prepend("image,label"));
        Write(rows);
        string run = _folder["run"];
        MmrrProgram.Run(["train", "--data", "csv", "--root", _folder["parts/list.csv"], "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        string[] first = Scores(MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0), run);
        _folder.WritePlain("parts/normal/new.png", 8, 8, 70, 70, 61);
        Write(rows.Append("normal/new.png,good").Reverse());
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.Equal(first, Scores(outcome, run));
        Assert.Contains(
            "left out: normal/new.png;",
            Assert.Single(outcome.ErrorLines, line => line.Contains("new since", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void OtherTestImagesAreAFolderOfKinds()
    {
        string run = runs.Copy(runs.FolderRun, $"{Path.GetFileName(_folder.Path)}-other");
        string source = RunFolder.Open(run).Options.Root, trained = DataRecord.Find(run)!.Images.First(i => i.Part == ImagePart.Training).Name;
        for (int i = 0; i < 3; i++)
        {
            _folder.WritePlain($"more/good/{i}.png", 9, 9, (byte)(50 + i), 60, 70);
            _folder.WritePlain($"more/hole/{i}.png", 9, 9, (byte)(150 + i), 60, 70);
        }
        _folder.Write("more/good/seen.png", File.ReadAllBytes(Path.Combine(source, trained)));
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2", "--test", _folder["more"], "--baselines").Ends(0);
        Assert.Equal(
            [
                "more/good/0.png,0,good", "more/good/1.png,0,good", "more/good/2.png,0,good",
                "more/hole/0.png,1,hole", "more/hole/1.png,1,hole", "more/hole/2.png,1,hole"
            ],
            Scores(outcome, run).Select(row => string.Join(',', row.Split(',')[..3])));
        Assert.Contains(outcome.ErrorLines, line => line.Contains("1 that training has seen (more/good/seen.png)", StringComparison.Ordinal));
        Assert.Contains($"\"test\": \"{_folder["more"]}\"", File.ReadAllText(Path.Combine(run, "evaluation.json")), StringComparison.Ordinal);
        // The report shows these images, not the run's.
        MmrrProgram.Run("report", run, "--device", "cpu", "--sweep-images", "0", "--images", "more/hole/1.png").Ends(0);

        // Without a folder of normal images the run's own are taken.
        Directory.Delete(_folder["more/good"], recursive: true);
        outcome = MmrrProgram.Run("evaluate", run, "--levels", "2", "--test", _folder["more"]).Ends(0);
        string[] own =
            [.. DataRecord.Find(run)!.Images
                .Where(i => i.Part == ImagePart.Test && !i.Name.StartsWith("abnormal/", StringComparison.Ordinal)).Select(i => i.Name)];
        Assert.Equal(own.Concat(["more/hole/0.png", "more/hole/1.png", "more/hole/2.png"]), Scores(outcome, run).Select(row => row.Split(',')[0]));
        Assert.Contains(outcome.ErrorLines, line => line.Contains("has no folder 'good'", StringComparison.Ordinal));
        MmrrProgram.Run("evaluate", run, "--test", _folder["none"]).Refuses(_folder["none"], "no such folder");
    }

    [Fact]
    public void DataSetsInFilesAreKnownByTheirContent()
    {
        string root = SmallData.Mnist(_folder), run = _folder["run"];
        MmrrProgram.Run(["train", "--data", "mnist", "--root", root, "--normal", "1", "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        var record = DataRecord.Find(run)!;
        Assert.Equal(
            ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "train-images-idx3-ubyte", "train-labels-idx1-ubyte"],
            record.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(20, record.Images.Count);
        Assert.False(record.HasTest);
        // Packed or not, it is the same file; the training files are only told.
        string test = _folder["mnist/t10k-images-idx3-ubyte"], train = _folder["mnist/train-images-idx3-ubyte"];
        File.WriteAllBytes(test + ".gz", TemporaryFolder.Gzip(File.ReadAllBytes(test)));
        File.Delete(test);
        Assert.DoesNotContain(" since ", MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0).Error, StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(train);
        bytes[^1] ^= 1;
        File.WriteAllBytes(train, bytes);
        Assert.Contains(
            $"changed since training began: {train} (training)",
            MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0).Error,
            StringComparison.Ordinal);
        MmrrProgram.Run("baselines", run).Refuses(train, "not those that the run began with");
        bytes = BinaryFile.Read(test + ".gz");
        bytes[^1] ^= 1;
        File.WriteAllBytes(test + ".gz", bytes);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Refuses(test, "not those that the run began with");
    }

    [Fact]
    public void AStoppedRunGoesOnWithTheImagesThatItBeganWith()
    {
        var (normal, _) = SmallData.Folders(_folder);
        string[] command = ["train", "--data", "folder", "--root", normal, "--epochs", "40", "--save-every", "0", .. TrainedRuns.Tiny];
        string whole = _folder["whole"], broken = _folder["broken"];
        MmrrProgram.Run([.. command, "--out", whole]).Ends(0);
        ResumeTests.KillWhen(() => File.Exists(Path.Combine(broken, "training.safetensors")), [.. command, "--out", broken]);
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "data.json")), File.ReadAllText(Path.Combine(broken, "data.json")));
        File.Move(Path.Combine(normal, "05.png"), Path.Combine(normal, "98.png"));
        _folder.WritePlain("parts/normal/00 first.png", 9, 9, 50, 60, 70);
        byte[] other = File.ReadAllBytes(Path.Combine(normal, "04.png"));
        File.Delete(Path.Combine(normal, "04.png"));
        MmrrProgram.Run("train", "--resume", broken).Refuses(normal, "not those that the run began with", "missing since training began: 04.png");
        File.WriteAllBytes(Path.Combine(normal, "04.png"), other);
        var outcome = MmrrProgram.Run("train", "--resume", broken).Ends(0);
        Assert.Contains(outcome.ErrorLines, line => line.Contains("left out: 00 first.png", StringComparison.Ordinal));
        foreach (string file in new[] { "restoration.safetensors", "refinement.safetensors", "threshold.json" })
            Assert.Equal(TrainedRuns.Contents(whole)[file], TrainedRuns.Contents(broken)[file]);
    }

    [Fact]
    public void AnImageThatCannotBeReadIsNoOtherImage()
    {
        string run = Trained(out string normal, out string _);
        string tested = DataRecord.Find(run)!.Images.First(i => i.Part == ImagePart.Test && !i.Name.StartsWith("abnormal/", StringComparison.Ordinal)).Name;
        File.Delete(Path.Combine(normal, tested));
        File.CreateSymbolicLink(Path.Combine(normal, tested), _folder["not/mounted.png"]);
        MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(2);
        File.Delete(Path.Combine(normal, tested));
        File.WriteAllBytes(Path.Combine(normal, tested), []);
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(2);
        Assert.Contains(tested, outcome.ErrorLines[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(outcome.ErrorLines, line => line.Contains("changed", StringComparison.Ordinal));
    }

    [Fact]
    public void LabelsThatAreOthersNowAreTold()
    {
        SmallData.Folders(_folder);
        string[] images = [.. Directory.GetFiles(_folder["parts"], "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string Row(string path) => $"{Path.GetRelativePath(_folder.Path, path)},{(path.Contains("abnormal", StringComparison.Ordinal) ? "dent" : "good")}";
        string[] rows = [.. images.Select(Row)];
        string list = _folder["list.csv"], run = _folder["list-run"];
        File.WriteAllLines(list, ["image,label", .. rows]);
        MmrrProgram.Run(["train", "--data", "csv", "--root", list, "--epochs", "1", .. TrainedRuns.Tiny, "--out", run]).Ends(0);
        Assert.DoesNotContain("labelled", MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0).Error, StringComparison.Ordinal);
        var record = DataRecord.Find(run)!.Images;
        string trained = record.First(i => i.Part == ImagePart.Training).Name, bad = record.First(i => i.Kind == "dent").Name;
        File.WriteAllLines(list, ["image,label", .. rows.Select(r => r == $"{trained},good" ? $"{trained},dent" : r == $"{bad},dent" ? $"{bad},hole" : r)]);
        string error = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0).Error;
        Assert.Contains($"{trained} (training) is dent, was good", error, StringComparison.Ordinal);
        Assert.Contains($"{bad} (test) is hole, was dent", error, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunThatLostItsRecordIsNotEvaluated()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["lost"]);
        File.Delete(Path.Combine(run, DataRecord.FileName));
        MmrrProgram.Run("evaluate", run, "--levels", "2").Refuses("data.json is missing");
    }

    [Fact]
    public void AReportHasOneThreshold()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["report"]);
        MmrrProgram.Run("evaluate", run).Ends(0);
        MmrrProgram.Run("threshold", run, "--value", "12345").Ends(0);
        MmrrProgram.Run("report", run, "--sweep-images", "0").Ends(0);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains("was changed to 12345 after this evaluation", page, StringComparison.Ordinal);
        Assert.DoesNotContain("threshold 12345", page, StringComparison.Ordinal);
    }

    [Fact]
    public void ARunOfAnEarlierVersionIsEvaluatedAsItWasAndSaidNotToBeChecked()
    {
        string run = runs.Copy(runs.FolderRun, $"{Path.GetFileName(_folder.Path)}-earlier");
        File.Delete(Path.Combine(run, "data.json"));
        string configuration = Path.Combine(run, "run.json");
        string text = File.ReadAllText(configuration);
        File.WriteAllText(configuration, text.Replace($"\"format\": {TrainingOptions.CurrentFormat},", "", StringComparison.Ordinal));
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2").Ends(0);
        Assert.Contains(
            "without data.json",
            Assert.Single(outcome.ErrorLines, line => line.Contains("earlier version", StringComparison.Ordinal)),
            StringComparison.Ordinal);
        // That version's draw: a fifth of the list by its places.
        string root = RunFolder.Open(run).Options.Root;
        string[] all = ImageFolder.Files(root, new Omissions());
        Assert.Equal(
            Sampling.Split(all.Length, 0.2, 0).Second.Select(i => all[i]),
            Scores(outcome, run).Select(r => r.Split(',')).Where(r => r[1] == "0").Select(r => r[0]));
    }

    private string Trained(out string normal, out string abnormal)
    {
        (normal, abnormal) = SmallData.Folders(_folder);
        MmrrProgram.Run(
            ["train", "--data", "folder", "--root", normal, "--abnormal", abnormal, "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["run"]])
            .Ends(0);
        return _folder["run"];
    }

    private static string[] Scores(Outcome outcome, string run)
    {
        string[] rows = File.ReadAllLines(Path.Combine(run, "scores.csv"))[1..];
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{rows.Length} images"), outcome.OutputLines[0], StringComparison.Ordinal);
        return rows;
    }
}
