using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Methods;

/// <summary>The scores of the methods, where they are known, and that they are each image's own.</summary>
public sealed class MethodScoreTests : IDisposable
{
    private const int Images = 5;

    private readonly Device _device = Small.Open("cpu", threads: 1);

    public static TheoryData<string> Names => [.. AnomalyMethods.All.Select(m => m.Name)];

    public void Dispose() => _device.Dispose();

    /// <summary>With all weights 0 the restoration is tanh(0) = 0, whatever the code: the score is the mean square of the image.</summary>
    [Theory]
    [InlineData("ae")]
    [InlineData("ae-skip")]
    [InlineData("vae")]
    [InlineData("memae")]
    public void WithoutWeightsNothingIsRestored(string name)
    {
        using var model = Zeroed(name);
        float[] images = Small.Images(model.Options, Images);
        var scores = Scoring.Score(model, images, LevelSchedule.None, maps: true);
        float[][] rows = [.. images.Chunk(images.Length / Images)];
        for (int i = 0; i < Images; i++) Assert.Equal(rows[i].Average(v => (double)v * v), scores.Paper.Refined[i], 1e-6);
        Assert.All(images.Zip(scores.Paper.RefinedMap), pair => Assert.Equal(pair.First * pair.First, pair.Second, 1e-6f));
    }

    /// <summary>
    /// Without weights x̂ is 0, so that a value is projected by itself: u ← u − (u/γ² + λ·sign(u − u₀))·min(α·u², γ²). With a small γ each step of a value
    /// above 2γ would go further beyond 0 than it began if the factor had no bound.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void TheProjectionOfTheGammaVaeIsTheFormulas(float logarithm)
    {
        const double Alpha = 0.5, Lambda = 0.05;
        const int Steps = 7;
        using var model = Zeroed("gamma-vae", new Dictionary<string, double> { ["latent"] = 4, ["steps"] = Steps, ["alpha"] = Alpha, ["lambda"] = Lambda });
        Fill(model, "deviation", "logarithm", logarithm);
        double variance = Math.Exp(2 * logarithm);
        float[] images = Small.Images(model.Options, 2);
        var scores = Scoring.Score(model, images, LevelSchedule.None, maps: true);
        for (int i = 0; i < images.Length; i++)
        {
            double u = images[i];
            for (int step = 0; step < Steps; step++)
                u -= ((u / variance) + (Lambda * Math.Sign((float)u - images[i]))) * Math.Min(Alpha * u * u, variance);
            Assert.Equal(Math.Abs(u - images[i]), scores.Paper.RefinedMap[i], 1e-5);
        }
        double[] means = [.. scores.Paper.RefinedMap.Chunk(images.Length / 2).Select(map => map.Average(v => (double)v))];
        Assert.Equal(means[0], scores.Paper.Refined[0], 1e-6);
        Assert.Equal(means[1], scores.Paper.Refined[1], 1e-6);
    }

    /// <summary>With γ = 0.05 the published step of a value overshoots, each time further; limited, it ends at the restoration, which is 0 here.</summary>
    [Fact]
    public void TheProjectionOfASmallGammaEndsAtTheRestoration()
    {
        using var model = Zeroed("gamma-vae", new Dictionary<string, double> { ["latent"] = 4, ["steps"] = 50, ["alpha"] = 0.5, ["lambda"] = 0 });
        Fill(model, "deviation", "logarithm", MathF.Log(0.05f));
        float[] images = Small.Images(model.Options, 2);
        var scores = Scoring.Score(model, images, LevelSchedule.None, maps: true);
        // A step of the share α·(u/γ)², at most 1, of the way.
        for (int i = 0; i < images.Length; i++)
        {
            double u = images[i];
            for (int step = 0; step < 50; step++) u -= u * Math.Min(1, 0.5 * u * u / (0.05 * 0.05));
            Assert.Equal(Math.Abs(u - images[i]), scores.Paper.RefinedMap[i], 1e-4);
        }
    }

    /// <summary>Codes that are biases alone: |1 − 3| = 2 on average.</summary>
    [Fact]
    public void TheScoreOfGanomalyIsTheDistanceOfTheCodes()
    {
        using var model = Zeroed("ganomaly");
        foreach (var (network, value) in new[] { ("encoder", 1f), ("again", 3f) }) Fill(model, network, "code.bias", value);
        var scores = Scoring.Score(model, Small.Images(model.Options, 2), LevelSchedule.None, maps: false);
        Assert.Equal([2, 2], scores.Paper.Refined);
    }

    /// <summary>φ = 0 and c = 0.3 in each of 4 coordinates: 4·0.09, for the image and for each pixel.</summary>
    [Fact]
    public void TheScoreOfDeepSvddIsTheSquaredDistanceFromTheCentre()
    {
        using var model = Zeroed("deep-svdd");
        Fill(model, "centre", "value", 0.3f);
        var scores = Scoring.Score(model, Small.Images(model.Options, 2), LevelSchedule.None, maps: true);
        Assert.All(scores.Paper.Refined, s => Assert.Equal(0.36, s, 1e-6));
        Assert.All(scores.Paper.RefinedMap, s => Assert.Equal(0.36f, s, 1e-6f));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AScoreDoesNotDependOnTheImagesBesideIt(string name)
    {
        using var model = Small.Of(_device, name);
        var levels = AnomalyMethods.Of(name).HasLevels ? LevelSchedule.Uniform(3) : LevelSchedule.None;
        float[] images = Small.Images(model.Options, Images);
        int length = images.Length / Images, pixels = model.Options.Size * model.Options.Size;
        var all = Scoring.Score(model, images, levels, maps: true);
        for (int i = 0; i < Images; i++)
        {
            var one = Scoring.Score(model, images.AsSpan(i * length, length), levels, maps: true);
            Assert.Equal(one.Paper.Refined[0], all.Paper.Refined[i]);
            Assert.Equal(Small.Bits(one.Paper.RefinedMap), Small.Bits(all.Paper.RefinedMap.AsSpan(i * pixels, pixels).ToArray()));
        }
        Assert.All(all.Paper.Refined, s => Assert.True(double.IsFinite(s) && s > 0, $"the score is {s}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void LevelsAreForMethodsThatHaveThem(string name)
    {
        using var model = Small.Of(_device, name);
        var others = AnomalyMethods.Of(name).HasLevels ? LevelSchedule.None : LevelSchedule.Uniform(3);
        Assert.Throws<ArgumentException>(() => Scoring.Score(model, Small.Images(model.Options, 1), others, maps: false));
        Assert.Same(LevelSchedule.None, LevelSchedule.Parse("none"));
    }

    [Fact]
    public void OptionsAreThoseOfTheMethod()
    {
        var ae = AnomalyMethods.Of("ae");
        var options = ae.Apply(Small.Options, new Dictionary<string, double> { ["latent"] = 7 });
        var read = MmrrOptions.FromJson(options.ToJson());
        Assert.Equal(options, read);
        Assert.Equal(("ae", 7.0), (read.Method, read.Settings!["latent"]));
        // MMRR's are written as before there were others.
        Assert.DoesNotContain("ethod", AnomalyMethods.Of("mmrr").Apply(Small.Options).ToJson(), StringComparison.Ordinal);
        Assert.Equal(Small.Options, AnomalyMethods.Of("mmrr").Apply(Small.Options));
        Throws("latnt", () => ae.Apply(Small.Options, new Dictionary<string, double> { ["latnt"] = 7 }));
        foreach (double value in new[] { 0, 7.5, double.NaN, double.PositiveInfinity })
            Throws("latent", () => ae.Apply(Small.Options, new Dictionary<string, double> { ["latent"] = value }));
        Throws("latent", () => ae.Validate(options with { Settings = null }));
        Throws("nosuch", () => AnomalyMethods.Of("nosuch"));

        static void Throws(string word, Action action) => Assert.Contains(word, Assert.Throws<ArgumentException>(action).Message, StringComparison.Ordinal);
    }

    private AnomalyModel Zeroed(string name, Dictionary<string, double>? settings = null)
    {
        var model = Small.Of(_device, name, settings);
        foreach (var (_, network) in model.Networks())
        {
            foreach (var (_, variable) in network.Parameters()) variable.Value.CopyFrom(new float[variable.Value.Count]);
        }
        return model;
    }

    private static void Fill(AnomalyModel model, string network, string parameter, float value)
    {
        var tensor = model.Networks().Single(n => n.Name == network).Network.Parameters().Single(p => p.Name == parameter).Variable.Value;
        tensor.CopyFrom([.. Enumerable.Repeat(value, tensor.Count)]);
    }
}
