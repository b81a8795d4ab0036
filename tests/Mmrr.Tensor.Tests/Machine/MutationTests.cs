using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>
/// Faults planted in kernels that are right, one at a time: a barrier removed, an index off by one, a wrong mask. Each is found: by a check, which says where,
/// or, where the kernel is a defined one that computes something else, by its result.
/// </summary>
[Collection(TestDevices.Beside)]
public class MutationTests
{
    [Theory]
    [InlineData(nameof(PlantedFault.Transpose))]
    [InlineData(nameof(PlantedFault.Sum))]
    [InlineData(nameof(PlantedFault.Twice))]
    [InlineData(nameof(PlantedFault.Product))]
    public void The_kernels_are_right(string kernel)
    {
        using var run = Run(kernel, PlantedFault.Body(kernel));
        Assert.Equal(PlantedFault.Expected(kernel), run.Values<float>()[1024..].ToArray());
    }

    [Theory]
    [MemberData(nameof(PlantedFault.Numbers), MemberType = typeof(PlantedFault))]
    public void A_planted_fault_is_found(int number)
    {
        var planted = PlantedFault.All[number - 1];
        string kernel = planted.Kernel, body = PlantedFault.Body(kernel);
        Assert.Contains(planted.What, body, StringComparison.Ordinal);
        body = body.Replace(planted.What, planted.By, StringComparison.Ordinal);
        if (planted.Kind is null)
        {
            using var run = Run(kernel, body);
            Assert.NotEqual(PlantedFault.Expected(kernel), run.Values<float>()[1024..].ToArray());
            return;
        }
        var fault = Assert.Throws<PtxFaultException>(() => Run(kernel, body).Dispose());
        Assert.Equal(planted.Kind, fault.Kind);
        Assert.True(fault.Line > 0, fault.Message);
    }

    private static PtxRun Run(string kernel, string body)
    {
        var run = new PtxRun(2048 * sizeof(float)).Written();
        for (int i = 0; i < 1024; i++) run.Values<float>()[i] = PlantedFault.Input(i);
        try
        {
            int threads = kernel switch { nameof(PlantedFault.Twice) => 96, nameof(PlantedFault.Product) => 64, _ => 256 };
            return run.Run(body, threads, kernel == nameof(PlantedFault.Twice) ? 4 : 1);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }
}
