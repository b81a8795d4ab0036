using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Xunit;

namespace Mmrr.App.Tests.Training;

/// <summary>
/// The bits of weights and scores are those of earlier versions: a change of the engine that moves them must say so, by other hashes here. They are those of
/// the cpu device, the same with any number of workers and with AVX2 and AVX-512.
/// </summary>
public sealed class KeptBitsTests
{
    [Theory]
    [InlineData(MaskKind.Learned, "b5b7ef1435aefc03")]
    [InlineData(MaskKind.Constant, "898f64148b97b7d5")]
    [InlineData(MaskKind.Bernoulli, "ac23bb3a8735ac21")]
    public void WeightsAndScoresOfAShortTraining(MaskKind mask, string expected)
    {
        Assert.SkipUnless(Fma.IsSupported, "the hashes are those of fused multiply-adds, which this processor does not have");
        using var folder = new TemporaryFolder();
        string run = folder["run"];
        var options = TrainingOptions.For("mvtec", SmallData.Mvtec(folder), size: 16);
        options = options with { Normal = "weave", Device = "cpu", Minutes = null, Epochs = 2, Seed = 4 };
        options = options with { Model = options.Model with { Resolutions = 2, Mask = mask } };
        Assert.True(MmrrTraining.Run(options, run, stop: TestContext.Current.CancellationToken));

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in new[] { Checkpoint.RestorationFile, Checkpoint.RefinementFile })
        {
            using var weights = SafeTensorsFile.Open(Path.Combine(run, file));
            foreach (var (_, values) in weights.ReadAll().OrderBy(w => w.Key, StringComparer.Ordinal)) hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }
        using var scorer = Scorer.Load(run, "cpu");
        var images = Directory.GetFiles(folder["mvtec/weave/test"], "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
        foreach (var score in scorer.Score([.. images.Select(i => ImageFile.Read(i).PreparedFor(scorer.Options))]))
        {
            hash.AppendData(MemoryMarshal.AsBytes([score.Score, score.ScoreWithoutRefinement, score.PaperScore]));
            hash.AppendData(MemoryMarshal.AsBytes(score.Map.AsSpan()));
        }
        Assert.Equal(expected, Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }
}
