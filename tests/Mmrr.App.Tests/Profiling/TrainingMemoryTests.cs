using Mmrr.App.Profiling;
using Mmrr.Nn;
using Mmrr.Training.Fitting;
using Xunit;

namespace Mmrr.App.Tests.Profiling;

/// <summary>The memory of a batch, before it is tried.</summary>
public sealed class TrainingMemoryTests
{
    private static readonly MmrrOptions s_small = new() { Channels = 1, Size = 32, Width = 16, Resolutions = 3 };

    [Fact]
    public void ForetellsWhatALargerBatchTakes()
    {
        using var device = Device.Open("cpu", 2);
        var memory = TrainingMemory.Measure(device, s_small);
        Assert.Equal(0, device.ReservedBytes); // given back
        Assert.Equal(0, device.LiveTensors);
        using var model = new MmrrModel(device, s_small);
        model.Initialize(1);
        using var step = ModelWorkload.Step(model, 16, 1);
        step.Run();
        // The pool's sizes are a quarter too large at most; sixteen is a power of two, as one and two are.
        Assert.InRange(memory.Fixed + (16 * memory.PerImage), 0.8 * device.ReservedBytes, 1.25 * device.ReservedBytes);
    }

    [Theory]
    [InlineData(64, 1000, null)]
    [InlineData(81, 1000, "a batch of 80 would fit")]
    [InlineData(1, 130, null)]
    [InlineData(1, 110, "not one image fits; take a smaller --size or --width")]
    public void NamesTheBatchThatFits(int batch, int freeMegabytes, string? words)
    {
        string? refusal = new TrainingMemory(100_000_000 - 1, 10_000_000).Refusal(batch, freeMegabytes * 1_000_000L, "cuda:0");
        if (words is null)
        {
            Assert.Null(refusal);
            return;
        }
        Assert.Contains(words, refusal, StringComparison.Ordinal);
        Assert.Contains($"--batch {batch} needs about ", refusal, StringComparison.Ordinal);
        Assert.Contains("cuda:0", refusal, StringComparison.Ordinal);
    }
}
