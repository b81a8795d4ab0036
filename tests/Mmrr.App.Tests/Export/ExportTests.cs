using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Export;

/// <summary><c>mmrr export</c> of trained runs, opened by ONNX Runtime.</summary>
[Collection(ProgramTests.Name)]
public sealed class ExportTests(TrainedRuns runs)
{
    // 200 images in all; the last sizes are smaller than the model's and not square.
    private static readonly (int Count, int Height, int Width)[] s_images = [(80, 16, 16), (60, 40, 25), (40, 17, 33), (20, 9, 12)];

    [Theory]
    [InlineData("learned", 3, "deviation", "--mask", "learned", "--size", "16")]
    [InlineData("constant", 1, "neighbours", "--mask", "constant", "--size", "16", "--rule", "neighbours", "--normalize")]
    [InlineData("tiled", 1, "deviation", "--tile", "16")]
    public void ScoresAreThoseOfTheRun(string name, int channels, string rule, params string[] options)
    {
        using var folder = new TemporaryFolder();
        byte[] normal = Agreement.Images(seed: 1, 2 * 12, 24, 24, channels);
        int length = 24 * 24 * channels;
        // Every second image, those without a spot.
        for (int i = 0; i < 12; i++) folder.WritePicture($"normal/{i:00}.png", 24, 24, channels, normal[(2 * i * length)..((2 * i * length) + length)]);
        string run = folder["run"], file = folder["new/model.onnx"];
        MmrrProgram.Run(
            ["train", "--data", "folder", "--root", folder["normal"], "--epochs", "2", "--width", "16", "--resolutions", "3", "--device", "cpu",
             .. options, "--out", run]).Ends(0);

        var exported = MmrrProgram.Run("export", run, "--onnx", file).Ends(0);
        using var session = new OnnxSession(file);
        using var scorer = Scorer.Load(run, "cpu");

        Assert.Contains($"rule {rule}", exported.Output, StringComparison.Ordinal);
        Assert.Equal(
            $"image Byte[-1,-1,-1,{channels}]; score Single[-1]; map Single[-1,{(name == "tiled" ? "-1,-1" : "16,16")}]", session.Interface);
        Assert.Equal(("run", rule, "16"), (session.Metadata["mmrr.run"], session.Metadata["mmrr.rule"], session.Metadata["mmrr.size"]));
        Assert.Equal(scorer.Threshold, double.Parse(session.Metadata["mmrr.threshold"], CultureInfo.InvariantCulture));
        Assert.Equal(scorer.Calibration!.Heatmap.High, float.Parse(session.Metadata["mmrr.heatmap.high"], CultureInfo.InvariantCulture));
        double largest = s_images.Max(size => Agreement.Check(session, scorer, seed: size.Count, size.Count, size.Height, size.Width));
        TestContext.Current.SendDiagnosticMessage($"{name}: scores of {s_images.Sum(s => s.Count)} images differ by at most {largest:E1}");
        // The same bytes again, and nothing beside them.
        byte[] before = File.ReadAllBytes(file);
        MmrrProgram.Run("export", run, "--onnx", file).Ends(0);
        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(folder["new"]));
    }

    [Fact]
    public void WhatCannotBeWrittenIsOneLine()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 4; i++) folder.WritePicture($"normal/{i}.png", 16, 16, 1, Agreement.Images(i, 1, 16, 16, 1));
        string aligned = folder["aligned"];
        MmrrProgram.Run(
            ["train", "--data", "folder", "--root", folder["normal"], "--align", "--epochs", "1", .. TrainedRuns.Tiny, "--out", aligned]).Ends(0);
        string run = runs.FolderRun, checkpoint = Path.Combine(run, "refinement.safetensors");
        byte[] weights = File.ReadAllBytes(checkpoint);
        File.WriteAllText(folder["old.onnx"], "old");

        MmrrProgram.Run("export", aligned, "--onnx", folder["old.onnx"]).Refuses("aligns its images");
        MmrrProgram.Run("export", run, "--onnx", folder.Path).Refuses("is a folder, expected a file");
        MmrrProgram.Run("export", run, "--onnx", checkpoint).Refuses("is also an input");
        MmrrProgram.Run("export", folder["normal"], "--onnx", folder["old.onnx"]).Refuses("not a run");
        MmrrProgram.Run("export", run).Refuses("--onnx");
        string broken = TrainedRuns.CopyTo(run, folder["broken"]);
        File.WriteAllBytes(Path.Combine(broken, "refinement.safetensors"), weights[..^5]);
        MmrrProgram.Run("export", broken, "--onnx", folder["old.onnx"]).Refuses("refinement.safetensors");
        File.Delete(Path.Combine(broken, "refinement.safetensors"));
        MmrrProgram.Run("export", broken, "--onnx", folder["old.onnx"]).Refuses("its training is not finished");

        string unfinished = TrainedRuns.CopyTo(run, folder["unfinished"]);
        File.WriteAllText(Path.Combine(unfinished, "training.safetensors"), "");
        MmrrProgram.Run("export", unfinished, "--onnx", folder["old.onnx"]).Refuses("its training is not finished");
        string mixed = TrainedRuns.CopyTo(run, folder["mixed"]);
        File.Copy(Path.Combine(aligned, "run.json"), Path.Combine(mixed, "run.json"), overwrite: true);
        MmrrProgram.Run("export", mixed, "--onnx", folder["old.onnx"]).Refuses("a different model from that in run.json");
        // Checked without writing: for an administrator, a device would be replaced.
        if (!OperatingSystem.IsWindows())
        {
            string message = Assert.Throws<UsageException>(() => OutputPlace.CheckFile("--onnx", "/dev/null")).Message;
            Assert.Contains("is a device, expected a file", message, StringComparison.Ordinal);
        }

        Assert.Equal("old", File.ReadAllText(folder["old.onnx"]));
        Assert.Equal(weights, File.ReadAllBytes(checkpoint));
    }
}
