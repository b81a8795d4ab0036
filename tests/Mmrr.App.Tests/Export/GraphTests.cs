using Mmrr.App.Tests.Data;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Onnx;
using Xunit;

namespace Mmrr.App.Tests.Export;

/// <summary>Graphs of untrained models: every option, rule and fit that a run may have.</summary>
[Collection(Program.OutsideTests.Name)]
public sealed class GraphTests
{
    private static readonly MmrrOptions s_small = new() { Size = 16, Width = 16, Resolutions = 2 };

    public static TheoryData<string> Names => [.. Cases().Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void GivesTheScoresOfTheModel(string name)
    {
        var (options, levels) = Cases()[name];
        bool sixteen = options.Range.Bits == 16;
        ForEachRule(options, levels, (session, scorer) =>
        {
            Agreement.Check(session, scorer, seed: 1, 3, options.Size, options.Size, sixteen);
            Agreement.Check(session, scorer, seed: 2, 2, 3 * options.Size, (2 * options.Size) + 5, sixteen);
            Agreement.Check(session, scorer, seed: 3, 1, options.Size - 5, options.Size + 1, sixteen);
            Assert.DoesNotContain("mmrr.threshold", session.Metadata.Keys);
        });
    }

    [Fact]
    public void GivesThemForSeveralGroupsOfLevels()
    {
        var options = s_small with { Size = 256 };
        Assert.Equal(4, LevelWalk.GroupSize(options, 5));
        ForEachRule(options, "log:5", (session, scorer) => Agreement.Check(session, scorer, seed: 1, 1, 256, 256));
    }

    [Fact]
    public void AGraphThatIsTooLargeIsRefused()
    {
        using var folder = new TemporaryFolder();
        using var device = Device.Open("cpu", 2);
        var options = s_small with { Size = 1024, Channels = 3, Embedding = false, Mask = MaskKind.Constant, Resolutions = 1 };
        using (var model = new MmrrModel(device, options))
        {
            model.Initialize(1);
            Save(folder.Path, model);
        }
        var method = new ScoreMethod(LevelSchedule.Uniform(200), ScoreRule.Paper, null);

        var error = Assert.Throws<InvalidDataException>(() => OnnxExport.Write(folder.Path, method, null, folder["large.onnx"]));
        Assert.Contains("5.0 GB", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["large.onnx"]));
    }

    private static void ForEachRule(MmrrOptions options, string levels, Action<OnnxSession, Scorer> check)
    {
        using var folder = new TemporaryFolder();
        using var device = Device.Open("cpu", 2);
        var statistics = Write(folder.Path, device, options, LevelSchedule.Parse(levels));
        foreach (var rule in Enum.GetValues<ScoreRule>().Where(r => r != ScoreRule.Neighbours || options.Fit != ImageFit.Tile))
        {
            var method = new ScoreMethod(statistics.Levels, rule, statistics);
            OnnxExport.Write(folder.Path, method, null, folder["run.onnx"]);
            using var session = new OnnxSession(folder["run.onnx"]);
            using var scorer = Scorer.Load(folder.Path, device, method);
            check(session, scorer);
        }
    }

    private static Dictionary<string, (MmrrOptions Options, string Levels)> Cases() => new()
    {
        ["the paper's inputs, both end levels"] = (s_small, "uniform:5"),
        ["colour, three resolutions"] = (s_small with { Channels = 3, Resolutions = 3 }, "log:4:0.003:1"),
        ["constant mask, other inputs"] = (
            s_small with { Mask = MaskKind.Constant, RefinementInputs = [RefinementInput.Restored, RefinementInput.Restricted, RefinementInput.Mask] },
            "log:3"),
        ["Bernoulli mask, no embedding"] = (s_small with { Mask = MaskKind.Bernoulli, Embedding = false, Channels = 3 }, "uniform:3"),
        ["one input, no embedding, one resolution"] = (
            s_small with { Embedding = false, Resolutions = 1, RefinementInputs = [RefinementInput.Noise] }, "0.1,0.2"),
        ["crop, normalised, a range"] = (
            s_small with { Fit = ImageFit.Crop, Normalize = true, Range = new PixelRange(20, 200, 8) }, "log:3"),
        ["sixteen bits, wide"] = (s_small with { Range = new PixelRange(500, 60_000, 16), Width = 32 }, "log:3"),
        ["tiles"] = (s_small with { Fit = ImageFit.Tile }, "log:3"),
        ["tiles of an odd size, sixteen bits, normalised, colour"] = (
            s_small with
            {
                Fit = ImageFit.Tile,
                Size = 15,
                Resolutions = 1,
                Channels = 3,
                Normalize = true,
                Range = new PixelRange(0, 65_535, 16)
            },
            "uniform:3"),
    };

    /// <summary>Writes the checkpoints of an untrained model whose parameters are all arbitrary, and returns statistics of a few images.</summary>
    private static NormalStatistics Write(string run, Device device, MmrrOptions options, LevelSchedule levels)
    {
        using var model = new MmrrModel(device, options);
        model.Initialize(3);
        var random = new Random(5);
        foreach (var (_, network) in model.Networks())
        {
            // Norms and biases would otherwise be 1 and 0.
            foreach (var (_, parameter) in network.Parameters().Where(p => p.Variable.Shape.Rank == 1))
                parameter.Value.CopyFrom([.. parameter.Value.ToArray().Select(v => v + (0.3f * (random.NextSingle() - 0.5f)))]);
        }
        Save(run, model);
        int side = options.Size, length = side * side * options.Channels;
        byte[] pixels = Agreement.Images(7, 6, side, side, options.Channels);
        var images = Enumerable.Range(0, 6).Select(i =>
        {
            var image = PreparedImage.From(options, pixels.AsSpan(i * length, length), side, side, options.Channels);
            return (image, ImageLight.Of(options, image));
        });
        return NormalStatistics.Of(model, images, levels, ScoreRule.Deviation);
    }

    private static void Save(string run, MmrrModel model)
    {
        Checkpoint.Save(Path.Combine(run, Checkpoint.RestorationFile), model.Options, Checkpoint.Snapshot(model.RestorationNetworks()));
        Checkpoint.Save(Path.Combine(run, Checkpoint.RefinementFile), model.Options, Checkpoint.Snapshot([("f_ref", model.RefinementNetwork)]));
    }
}
