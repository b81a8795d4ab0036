using System.Globalization;
using System.Text.Json;
using Mmrr.App.Commands;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Reports;
using Mmrr.Training.Baselines;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary><c>mmrr baselines</c>, <c>mmrr evaluate --baselines</c> and what the report shows of them.</summary>
[Collection(ProgramTests.Name)]
public sealed class BaselinesTests(TrainedRuns runs) : IDisposable
{
    private static readonly string[] s_whole =
        ["mean image", "PCA residual, 16 components", "PCA residual, 32 components", "Gaussian", "nearest image", "5th nearest image", "kernel density",
        "one-class SVM", "isolation forest"];

    private static readonly string[] s_patches = ["PCA residual of 8x8 patches", "nearest 8x8 patch"];
    private static readonly string[] s_oneClass = ["one-class SVM", "isolation forest"];

    private static readonly string[] s_light = ["brightness alone", "contrast alone"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OfADataSet()
    {
        // 20 digits, of which 16 are learned from: at most 15 components.
        string json = _folder["new/figures.json"];
        string[] command = ["baselines", "--data", "mnist", "--root", runs.Mnist, "--normal", "1", "--json", json];
        var outcome = MmrrProgram.Run(command).Ends(0);
        var figures = Read(json, out var root);
        AssertOf(root, images: 30, normal: 10, training: 16, size: 32, channels: 1, seed: 0);
        Assert.Equal([s_whole[0], "PCA residual, 15 components", .. s_whole[3..], .. s_light], figures.Select(f => f.Method));
        Assert.Equal("", outcome.Error);
        AssertPrinted(outcome.OutputLines, figures);
        Assert.StartsWith(
            "simple methods: 30 images [32, 32, 1] (10 normal), 16 normal images to learn from, ", outcome.OutputLines[0], StringComparison.Ordinal);

        // A bar at another column, on little noise: all can tell, but for the light, which is the same.
        Assert.All(figures.Where(f => !s_light.Contains(f.Method)), f => Assert.Equal((1, 1), (f.ImageAuroc, f.NormalisedImageAuroc)));
        Assert.All(figures.Where(f => s_light.Contains(f.Method)), f => Assert.True(f.NormalisedImageAuroc is null && f.ImageAuroc is > 0 and < 1));

        // The same twice; fewer images with limits.
        MmrrProgram.Run(command).Ends(0);
        Assert.Equal(figures, Read(json, out _));
        MmrrProgram.Run([.. command, "--limit", "9", "--train-limit", "4", "--size", "10", "--seed", "7"]).Ends(0);
        figures = Read(json, out root);
        AssertOf(root, images: 9, normal: 3, training: 4, size: 10, channels: 1, seed: 7);
        Assert.Equal(
            ["mean image", "PCA residual, 3 components", "Gaussian", "nearest image", "kernel density", .. s_oneClass, .. s_light],
            figures.Select(f => f.Method));
    }

    [Fact]
    public void OfARunAndInItsReport()
    {
        // Without ground truth: figures of images alone, in the evaluation and here.
        string root = SmallData.Mvtec(_folder);
        string run = runs.Train("baselines", "--data", "mvtec", "--root", root, "--normal", "weave", "--epochs", "1", "--seed", "3");
        Directory.Delete(Path.Combine(root, "weave", "ground_truth"), recursive: true);
        string path = Path.Combine(run, "baselines.json");
        var outcome = MmrrProgram.Run("evaluate", run, "--levels", "2", "--baselines").Ends(0);
        using (var evaluation = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "evaluation.json"))))
        {
            Assert.Equal(10, evaluation.RootElement.GetProperty("images").GetInt32());
            Assert.False(evaluation.RootElement.TryGetProperty("pixelAuroc", out _));
            Assert.False(evaluation.RootElement.GetProperty("withRefinement").TryGetProperty("aupro", out _));
            AssertPrinted(outcome.OutputLines, [new("this run, with refinement", evaluation.RootElement.GetProperty("imageAuroc").GetDouble(), null)]);
        }
        Assert.DoesNotContain("pixel", outcome.Output, StringComparison.Ordinal);
        var figures = Read(path, out var first);
        AssertOf(
            first,
            images: 10,
            normal: 4,
            training: DataRecord.Find(run)!.Images.Count(i => i.Part == ImagePart.Training),
            size: 8,
            channels: 3,
            seed: 3);
        Assert.Equal(
            ["mean image", $"PCA residual, {first.GetProperty("trainingImages").GetInt32() - 1} components", .. s_whole[3..], .. s_patches, .. s_light],
            figures.Select(f => f.Method));
        AssertPrinted(outcome.OutputLines, figures);

        // The same from the run alone, and from its data, size and seed.
        string json = _folder["figures.json"];
        File.Delete(path);
        MmrrProgram.Run("baselines", run).Ends(0);
        Assert.Equal(figures, Read(path, out _));
        MmrrProgram.Run("baselines", "--data", "mvtec", "--root", root, "--normal", "weave", "--size", "8", "--seed", "3", "--json", json).Ends(0);
        Assert.Equal(figures, Read(json, out _));

        MmrrProgram.Run("report", run, "--device", "cpu", "--sweep-images", "0").Ends(0);
        var page = ReportPage.Parse(Path.Combine(run, "report.html"));
        var section = page.Descendants("section").Single(s => s.Element("h2")!.Value == "Simple methods");
        Assert.Equal(
            ["this run, with refinement", "this run, without refinement", .. figures.Select(f => f.Method)],
            section.Descendants("tbody").Single().Elements("tr").Select(r => r.Element("th")!.Value));
        double[] shown = [.. section.Descendants("data").Skip(2).Select(d => double.Parse(d.Attribute("value")!.Value, CultureInfo.InvariantCulture))];
        Assert.Equal(figures.SelectMany(f => f.NormalisedImageAuroc is { } n ? new[] { f.ImageAuroc, n } : [f.ImageAuroc]), shown);

        // Of other images than the evaluation: the run's own figures do not stand beside.
        MmrrProgram.Run("baselines", run, "--limit", "6").Ends(0);
        MmrrProgram.Run("report", run, "--device", "cpu", "--sweep-images", "0").Ends(0);
        Assert.DoesNotContain("this run", File.ReadAllText(Path.Combine(run, "report.html")), StringComparison.Ordinal);
    }

    // Layouts and fits, without a process each.
    [Fact]
    public void OfFoldersAndTiles()
    {
        var (normal, abnormal) = SmallData.Folders(_folder);
        foreach (var fit in Enum.GetValues<Nn.ImageFit>())
        {
            var options = new DataOptions { Kind = "folder", Root = normal, Abnormal = abnormal, Size = 9, Fit = fit };
            var result = BaselineComparison.Run(options, null, null);
            var parts = DataSource.Open(options).LoadTrain().Samples.CountBy(s => s.Part).ToDictionary();
            int normalTested = 11 - parts.Values.Sum(), learned = parts[ImagePart.Training];
            Assert.Equal(
                (5 + normalTested, normalTested, learned, 9, 3),
                (result.Images, result.NormalImages, result.TrainingImages, result.Size, result.Channels));
            Assert.Equal(
                ["mean image", $"PCA residual, {learned - 1} components", .. s_whole[3..], .. s_patches, .. s_light],
                result.Figures.Select(f => f.Method));
            Assert.Equal(1, result.Figures.Single(f => f.Method == "brightness alone").ImageAuroc);
        }
    }

    // Fewer normal images than a split and two to learn from need; images without any contrast.
    [Fact]
    public void OfHardlyAnyImages()
    {
        for (int i = 0; i < 3; i++) _folder.WritePlain($"good/{i}.png", 8, 8, 90);
        for (int i = 0; i < 2; i++) _folder.WritePlain($"bad/{i}.png", 8, 8, (byte)(90 + (100 * i)));
        var options = new DataOptions { Kind = "folder", Root = _folder["good"], Abnormal = _folder["bad"], Size = 8 };
        BadInput.Throws<InvalidDataException>(() => BaselineComparison.Run(options, null, null), _folder["good"], "too few");
        // Until two are learned from, which is less than the fifth neighbour needs.
        for (int i = 3;
            DataSource.Open(options).LoadTrain().Samples is var drawn
                && (drawn.Count < 3 || drawn.Count(s => s.Part == ImagePart.Training) < 2);
            i++)
            _folder.WritePlain($"good/{i}.png", 8, 8, 90);
        var result = BaselineComparison.Run(options, null, null);
        Assert.Equal(
            ["mean image", "PCA residual, 0 components", "Gaussian", "nearest image", "kernel density", .. s_oneClass, .. s_patches, .. s_light],
            result.Figures.Select(f => f.Method));
        // Where no patch varies there is no component along which one could be far from another, and no split of a tree.
        Assert.All(result.Figures, f => Assert.Equal(f.Method is "contrast alone" or "nearest 8x8 patch" or "isolation forest" ? 0.5 : 0.75, f.ImageAuroc));
        Assert.All(result.Figures, f => Assert.True(f.NormalisedImageAuroc is null or 0.5));
    }

    [Theory]
    [InlineData("baselines needs RUN, or --data and --root", "baselines")]
    [InlineData("RUN takes no --size:", "baselines RUN --size 32")]
    [InlineData("--size is 7, expected a whole number from 8 to 4096", "baselines --data folder --root . --size 7")]
    [InlineData("without --abnormal has no test set", "baselines --data folder --root IN")]
    [InlineData("--data mnist needs --root DIR", "baselines --data mnist --normal 1")]
    [InlineData("--data mvtec needs --normal CLASS", "baselines --data mvtec --root .")]
    [InlineData("--data folder takes no --normal", "baselines --data folder --root . --normal 1")]
    [InlineData("--abnormal belongs to --data folder", "baselines --data mnist --root . --normal 1 --abnormal .")]
    [InlineData("RUN takes no --seed:", "baselines RUN --seed 0")]
    [InlineData("RUN takes no --data:", "baselines RUN --data mnist --root . --normal 1")]
    [InlineData("not a run", "baselines IN")]
    [InlineData("--train-limit is 1, expected", "baselines RUN --train-limit 1")]
    [InlineData("--limit is 1, expected", "baselines RUN --limit 1")]
    [InlineData("is a folder, expected a file", "baselines RUN --json .")]
    [InlineData("no such folder", "baselines --data folder --root nowhere")]
    [InlineData("'x'", "baselines RUN x")]
    public void BadArguments(string words, string command)
    {
        var before = TrainedRuns.Contents(runs.MnistRun);
        MmrrProgram.Run(InPlace(command)).Refuses(words);
        Assert.Equal(before, TrainedRuns.Contents(runs.MnistRun));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{ \"figures\": [] }")]
    [InlineData("{ \"images\": 1, \"other\": 2 }")]
    [InlineData("\"imageAuroc\": 1,", "\"imageAuroc\": 1.5,")]
    [InlineData("\"mean image\"", "null")]
    public void ADamagedFileIsNamed(string content, string? replacement = null)
    {
        string run = runs.Copy(runs.MnistRun, $"damaged-{Path.GetFileName(_folder.Path)}"), path = Path.Combine(run, "baselines.json");
        var folder = RunFolder.Open(run);
        Assert.Null(BaselineResult.Find(folder));
        var result = new BaselineResult(3, 1, 2, 8, 1, 0, 0.1, [new("mean image", 1, 0.5)]);
        result.Save(path);
        Assert.Equal(result.Figures, BaselineResult.Find(folder)!.Figures);
        File.WriteAllText(path, replacement is null ? content : File.ReadAllText(path).Replace(content, replacement, StringComparison.Ordinal));
        BadInput.Throws<InvalidDataException>(() => BaselineResult.Find(folder), path, $"mmrr baselines {run}");
    }

    private string[] InPlace(string command)
    {
        for (int i = 0; i < 4; i++) _folder.WritePlain($"in/{i}.png", 8, 8, 9);
        return [.. command.Split(' ').Select(a => a == "RUN" ? runs.MnistRun : a == "IN" ? _folder["in"] : a)];
    }

    private static BaselineFigure[] Read(string path, out JsonElement root)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        root = document.RootElement.Clone();
        return
        [
            .. root.GetProperty("figures").EnumerateArray().Select(f => new BaselineFigure(
                f.GetProperty("method").GetString()!, f.GetProperty("imageAuroc").GetDouble(),
                f.TryGetProperty("normalisedImageAuroc", out var n) ? n.GetDouble() : null)),
        ];
    }

    private static void AssertOf(JsonElement root, int images, int normal, int training, int size, int channels, int seed) => Assert.Equal(
        [images, normal, training, size, channels, seed],
        new[] { "images", "normalImages", "trainingImages", "size", "channels", "seed" }.Select(name => root.GetProperty(name).GetInt32()));

    /// <summary>Each figure stands in a line of its own, in columns.</summary>
    private static void AssertPrinted(string[] lines, IEnumerable<BaselineFigure> figures)
    {
        foreach (var f in figures)
        {
            string line = Assert.Single(lines, l => l.StartsWith(f.Method + "  ", StringComparison.Ordinal));
            string normalised = f.NormalisedImageAuroc?.ToString("F4", CultureInfo.InvariantCulture) ?? "-";
            string[] cells = line[f.Method.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal([f.ImageAuroc.ToString("F4", CultureInfo.InvariantCulture), normalised], cells);
        }
    }
}
