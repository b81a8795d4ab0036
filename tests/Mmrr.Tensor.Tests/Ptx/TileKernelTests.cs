using Mmrr.Ptx;

namespace Mmrr.Tests.Ptx;

/// <summary>
/// What the assembler makes of the convolutions in tiles: the main loop's arithmetic and loads, and the registers that leave room for the groups a
/// multiprocessor is to hold.
/// </summary>
[Collection(TestDevices.Beside)]
public class TileKernelTests
{
    private static readonly Lazy<Dictionary<string, (SimtKernel Kernel, PtxasReport Sm80, KernelReport Sm90)>> s_made = new(Make);

    // A step: FFMA or HMMA, 16-byte loads of shared memory for them, 16-byte loads of global memory; at most so many instructions in all. Registers and groups
    // at once.
    [Theory]
    [InlineData("ForwardTile128Kernel", 512, 0, 32, 2, 640, 128, 2)]
    [InlineData("ForwardTile64Kernel", 512, 0, 32, 4, 690, 168, 6)]
    [InlineData("BackwardDataTile128Kernel", 512, 0, 32, 2, 640, 128, 2)]
    [InlineData("BackwardDataTile64Kernel", 512, 0, 32, 4, 690, 168, 6)]
    [InlineData("BackwardWeightTile128Kernel", 512, 0, 32, 2, 640, 128, 2)]
    [InlineData("BackwardWeightTile64Kernel", 512, 0, 32, 4, 690, 168, 6)]
    [InlineData("ForwardTf32Tile128Kernel", 0, 64, 16, 8, 270, 255, 2)]
    [InlineData("ForwardTf32Tile64Kernel", 0, 32, 12, 8, 240, 168, 6)]
    [InlineData("BackwardDataTf32Tile128Kernel", 0, 64, 16, 8, 270, 255, 2)]
    [InlineData("BackwardDataTf32Tile64Kernel", 0, 32, 12, 8, 240, 168, 6)]
    [InlineData("BackwardWeightTf32Tile128Kernel", 0, 64, 16, 8, 330, 255, 2)]
    [InlineData("BackwardWeightTf32Tile64Kernel", 0, 32, 12, 8, 300, 168, 6)]
    public void The_main_loop_multiplies_and_loads_what_it_should(
        string name, int ffma, int hmma, int sharedLoads, int globalLoads, int instructions, int registers, int groups)
    {
        try
        {
            PtxTools.Find();
        }
        catch (PtxException e)
        {
            Assert.Skip(e.Message);
        }
        var (kernel, resources, report) = s_made.Value[$"Convolution.{name}"];
        Assert.True(resources.StaysInRegisters && resources.SharedBytes < 48 * 1024 && resources.Registers <= registers, $"sm_80: {resources}");
        Assert.True(Multiprocessor.Of(80).Occupancy(resources.Registers, resources.SharedBytes, kernel.GroupSize).Groups >= groups, $"sm_80: {resources}");
        string summary = string.Join("\n", report.Summary());
        Assert.True(report.Resources.StaysInRegisters && report.Resources.SharedBytes < 48 * 1024, summary);
        Assert.True(report.Resources.Registers <= registers && report.Occupancy.Groups >= groups, summary);
        var loop = report.Listing.MainLoop;
        Assert.NotNull(loop);
        Assert.True(loop[SassKind.Ffma] == ffma && loop[SassKind.Hmma] == hmma && loop.Count <= instructions, summary);
        Assert.True(loop.Instructions.Where(i => i.Kind == SassKind.Hmma).All(i => i.Opcode == "HMMA.1688.F32.TF32"), summary);
        Assert.True(loop[SassKind.Lds, 128] == sharedLoads && loop[SassKind.Ldg, 128] == globalLoads, summary);
        // No load of fewer bits, no spill, none through an address of unknown memory, and no division.
        Assert.True(loop.Loads == sharedLoads + globalLoads && loop[SassKind.Mufu] == 0, summary);
    }

    private static Dictionary<string, (SimtKernel Kernel, PtxasReport Sm80, KernelReport Sm90)> Make()
    {
        var tools = PtxTools.Find();
        var tiles = PtxTests.Compiled(80).Where(compiled => compiled.Kernel.Name.Contains("Tile", StringComparison.Ordinal));
        return tiles.AsParallel().WithDegreeOfParallelism(TestDevices.HalfOfTheCores).Select(compiled =>
        {
            var (kernel, ptx, error) = compiled;
            if (ptx is null) throw error!;
            // To disassemble takes most of the time: one kind of multiprocessor stands for both.
            return (Kernel: kernel, tools.Assemble(ptx, Multiprocessor.Of(80)).Report, KernelReport.Of(kernel, ptx, Multiprocessor.Of(90), tools));
        }).ToDictionary(made => made.Kernel.Name);
    }
}
