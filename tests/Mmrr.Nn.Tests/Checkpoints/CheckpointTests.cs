using Mmrr.Nn.Checkpoints;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

public sealed class CheckpointTests : IDisposable
{
    private readonly RunOnDisk _run = new(Small.Options);
    private readonly Device _device = Small.Open("cpu", 1);

    public void Dispose()
    {
        _device.Dispose();
        _run.Dispose();
    }

    [Theory]
    [InlineData(1, MaskKind.Learned, true)]
    [InlineData(3, MaskKind.Learned, true)]
    [InlineData(1, MaskKind.Bernoulli, false)]
    public void WhatIsSavedComesBackToTheBit(int channels, MaskKind mask, bool embedding)
    {
        var options = Small.Options with { Channels = channels, Mask = mask, Embedding = embedding };
        _run.Write(options, seed: 9);
        byte[][] bytes = [File.ReadAllBytes(_run.Restoration), File.ReadAllBytes(_run.Refinement)];
        using (var model = (MmrrModel)Checkpoint.Load(_run.Path, _device))
        {
            Assert.Equal(options, model.Options);
            var loaded = Checkpoint.Snapshot(model.Networks());
            Assert.Equal(_run.Weights.Select(w => w.Name), loaded.Select(w => w.Name));
            foreach (var (saved, found) in _run.Weights.Zip(loaded)) Assert.Equal(Small.Bits(saved.Values), Small.Bits(found.Values));
            Checkpoint.Save(_run.Restoration, model.Options, Checkpoint.Snapshot(model.RestorationNetworks()));
            Checkpoint.Save(_run.Refinement, model.Options, Checkpoint.Snapshot([("f_ref", model.RefinementNetwork)]));
        }
        Assert.Equal(bytes, [File.ReadAllBytes(_run.Restoration), File.ReadAllBytes(_run.Refinement)]);
        Assert.Equal(0, _device.LiveTensors);
    }

    [Fact]
    public void ASnapshotIsPutBackToTheBit()
    {
        using var model = Small.Model(_device, Small.Options, seed: 1);
        using var other = Small.Model(_device, Small.Options, seed: 2);
        Checkpoint.Restore(other.Networks(), Checkpoint.Snapshot(model.Networks()));
        foreach (var (a, b) in Checkpoint.Snapshot(model.Networks()).Zip(Checkpoint.Snapshot(other.Networks())))
            Assert.Equal(Small.Bits(a.Values), Small.Bits(b.Values));
    }

    [Fact]
    public void EachNameStandsInOneFileAndEachFileHoldsTheOptions()
    {
        using var restoration = SafeTensorsFile.Open(_run.Restoration);
        using var refinement = SafeTensorsFile.Open(_run.Refinement);
        Assert.Equal(_run.Weights.Select(w => w.Name), restoration.Entries.Concat(refinement.Entries).Select(e => e.Name));
        Assert.All(refinement.Entries, e => Assert.StartsWith("f_ref.", e.Name, StringComparison.Ordinal));
        Assert.Equal([16, 4, 3, 3], refinement.Entries[0].Shape);
        foreach (var file in new[] { restoration, refinement }) Assert.Equal(Small.Options, MmrrOptions.FromJson(file.Metadata["mmrr.options"]));
    }

    [Fact]
    public void AMissingFileIsNamed()
    {
        File.Delete(_run.Refinement);
        AssertRefused<FileNotFoundException>(_run.Refinement);
        File.Delete(_run.Restoration);
        AssertRefused<FileNotFoundException>(_run.Restoration);
    }

    [Fact]
    public void FilesOfTwoModelsAreRefused()
    {
        using var other = new RunOnDisk(Small.Options with { Channels = 3 });
        File.Copy(other.Refinement, _run.Refinement, overwrite: true);
        AssertRefused<InvalidDataException>(_run.Refinement);
    }

    [Fact]
    public void TheFilesOfTheTwoPhasesAreNotTakenForEachOther()
    {
        byte[] restoration = File.ReadAllBytes(_run.Restoration);
        File.Copy(_run.Refinement, _run.Restoration, overwrite: true);
        File.WriteAllBytes(_run.Refinement, restoration);
        AssertRefused<InvalidDataException>(_run.Restoration);
    }

    [Fact]
    public void AMissingTensorIsNamed()
    {
        RunOnDisk.Change(_run.Restoration, tensors: all => all.Where(t => t.Name != "f_m.norm.bias"));
        AssertRefused<InvalidDataException>(_run.Restoration, "'f_m.norm.bias'");
    }

    [Fact]
    public void AnExtraTensorIsNamed()
    {
        RunOnDisk.Change(_run.Refinement, tensors: all => [.. all, ("f_ref.tail.weight", [1], [1f])]);
        AssertRefused<InvalidDataException>(_run.Refinement, "'f_ref.tail.weight'");
    }

    [Fact]
    public void ATensorOfAnotherShapeIsNamed()
    {
        RunOnDisk.Change(_run.Refinement, tensors: all => all.Select(t => t.Name == "f_ref.stem.weight" ? (t.Name, [4, 16, 3, 3], t.Values) : t));
        AssertRefused<InvalidDataException>(_run.Refinement, "'f_ref.stem.weight'", "[4, 16, 3, 3]", "[16, 4, 3, 3]");
    }

    [Theory]
    [InlineData("\"width\":16", "\"width\":17")]
    [InlineData("\"width\":16", "\"width\":-16")]
    [InlineData("\"width\":16", "\"width\":\"16\"")]
    [InlineData("\"width\":16", "\"breadth\":16")]
    [InlineData("\"channels\":1", "\"channels\":2")]
    [InlineData("\"size\":8", "\"size\":9")]
    [InlineData("\"Learned\"", "\"Guessed\"")]
    [InlineData("\"Learned\"", "17")]
    [InlineData("\"Noise\"", "\"Mask\"")]
    [InlineData("}", "")]
    [InlineData("{", "null{")]
    public void OptionsThatCannotBeAreRefused(string old, string by)
    {
        RunOnDisk.Change(_run.Restoration, text => Replaced(text, old, by));
        AssertRefused<InvalidDataException>(_run.Restoration);
    }

    [Theory]
    [InlineData("\"width\":16", "\"width\":64")]
    [InlineData("\"resolutions\":2", "\"resolutions\":4")]
    [InlineData("\"channels\":1", "\"channels\":3")]
    [InlineData("\"embedding\":true", "\"embedding\":false")]
    public void OptionsThatTheTensorsDoNotFitAreRefusedBeforeMemoryIsTaken(string old, string by)
    {
        RunOnDisk.Change(_run.Restoration, text => Replaced(text, old, by));
        RunOnDisk.Change(_run.Refinement, text => Replaced(text, old, by));
        AssertRefused<InvalidDataException>(_run.Restoration);
        Assert.Equal(0, _device.ReservedBytes);
    }

    [Fact]
    public void AFileWithoutOptionsIsRefused()
    {
        SafeTensorsFile.Write(_run.Restoration, new Dictionary<string, string> { ["format"] = "pt" }, RestorationWeights());
        AssertRefused<InvalidDataException>(_run.Restoration);
    }

    [Fact]
    public void AFailingSaveKeepsTheOldFile()
    {
        byte[] old = File.ReadAllBytes(_run.Restoration);
        var broken = RestorationWeights().ToList();
        broken[^1] = (broken[^1].Name, broken[^1].Shape, [float.NaN]);
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(_run.Restoration, Small.Options, broken));
        Assert.Equal(old, File.ReadAllBytes(_run.Restoration));
        Assert.Equal(new[] { _run.Refinement, _run.Restoration }.Order(), Directory.GetFileSystemEntries(_run.Path).Order());
        Checkpoint.Load(_run.Path, _device).Dispose();
    }

    private IEnumerable<(string Name, int[] Shape, float[] Values)> RestorationWeights() =>
        _run.Weights.Where(w => !w.Name.StartsWith("f_ref.", StringComparison.Ordinal));

    private static string Replaced(string text, string old, string by)
    {
        Assert.Contains(old, text, StringComparison.Ordinal);
        return text.Replace(old, by, StringComparison.Ordinal);
    }

    /// <summary>One line that names the file, and nothing left behind.</summary>
    private void AssertRefused<T>(string file, params string[] words)
        where T : Exception
    {
        var error = Assert.Throws<T>(() => Checkpoint.Load(_run.Path, _device).Dispose());
        Assert.StartsWith(file + ": ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.All(words, word => Assert.Contains(word, error.Message, StringComparison.Ordinal));
        Assert.Equal(0, _device.LiveTensors);
    }
}
