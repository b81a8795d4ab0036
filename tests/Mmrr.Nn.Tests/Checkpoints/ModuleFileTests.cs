using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Checkpoints;

public sealed class ModuleFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mmrr-module").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AModuleIsLoadedAsItWasSaved()
    {
        using var device = Small.Open("cpu");
        using var saved = Block(device, 4, seed: 1);
        using var loaded = Block(device, 4, seed: 2);
        string path = Path.Combine(_folder, "block.safetensors");
        saved.Save(path);
        Assert.NotEqual(Values(saved), Values(loaded));
        loaded.Load(path);
        Assert.Equal(Values(saved), Values(loaded));
        byte[] first = File.ReadAllBytes(path);
        loaded.Save(path);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Fact]
    public void AFileThatDoesNotMatchChangesNothing()
    {
        using var device = Small.Open("cpu");
        using var narrow = Block(device, 4, seed: 1);
        using var wide = Block(device, 8, seed: 2);
        string path = Path.Combine(_folder, "block.safetensors");
        narrow.Save(path);
        float[][] before = Values(wide);
        Assert.Contains("expected [8]", Assert.Throws<InvalidDataException>(() => wide.Load(path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => wide.Load(path + ".other"));
        Assert.Equal(before, Values(wide));
    }

    [Fact]
    public void TrainingIsSetForAllSubmodules()
    {
        using var device = Small.Open("cpu");
        using var block = Block(device, 4, seed: 1);
        Assert.True(block.Training);
        block.Eval();
        Assert.False(block.Training);
        block.Train();
        Assert.True(block.Training);
    }

    private static WideResidualBlock Block(Device device, int width, ulong seed)
    {
        var block = new WideResidualBlock(device, width, width);
        Initialization.Initialize(block, "block", seed);
        return block;
    }

    private static float[][] Values(Module module) => [.. module.Parameters().Select(parameter => parameter.Variable.Value.ToArray())];
}
