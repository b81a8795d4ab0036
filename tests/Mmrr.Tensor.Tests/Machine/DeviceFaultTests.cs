using ILGPU;
using ILGPU.Runtime;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>What a fault of a C# kernel says on the device <c>ptx</c>, and what the device does without its checks.</summary>
[Collection(TestDevices.Beside)]
public class DeviceFaultTests
{
    internal struct Arguments
    {
        public ArrayView<float> X; // [32]
        public int Offset;
    }

    [Theory]
    [InlineData("ptx")]
    [InlineData("ptx:80")]
    [InlineData("ptx:90,unchecked")]
    public void A_fault_names_the_kernel_as_mmrr_ptx_does_and_the_line_of_the_inlined_method(string name)
    {
        using var device = Device.Open(name);
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(32), new float[32]);
        Run(x, 0);
        var fault = Assert.Throws<PtxFaultException>(() => Run(x, 1));
        Assert.Equal(PtxFaultKind.OutOfBounds, fault.Kind);
        Assert.Matches(
            @"^DeviceFaultTests\.HalvesKernel \(\w*HalvesKernel\w*\), PTX line \d+ \(ld\.global\.f32\), Inlined\.cs:4242, block \(0, 0, 0\), warp 0, lane 31: "
            + @"accesses 4 bytes at 0x[0-9A-F]+, out of bounds: byte 128 of X \(128 bytes at 0x[0-9A-F]+\)$", fault.Message);
    }

    [Fact]
    public void Unchecked_reads_what_nothing_has_written_and_says_so()
    {
        using var device = Device.Open("ptx:80,unchecked");
        using var scope = new DisposeScope();
        Assert.Equal("PTX for sm_80, run on the CPU, unchecked for races and unwritten memory", device.Description);
        Run(Tensor.Empty(device, new Shape(32)), 0);
        using var other = Device.Open("ptx:80");
        using var second = new DisposeScope();
        Assert.Equal("PTX for sm_80, run and checked on the CPU", other.Description);
        Assert.Equal(PtxFaultKind.Unwritten, Assert.Throws<PtxFaultException>(() => Run(Tensor.Empty(other, new Shape(32)), 0)).Kind);
    }

    private static void Run(Tensor x, int offset) => Kernel.Run(
        "Halves", [], [("x", x)], _ => throw new NotSupportedException(),
        simt => simt.Run(new KernelConfig(1, 32), HalvesKernel, new Arguments { X = x.View, Offset = offset }));

    [SimtKernel]
    private static void HalvesKernel(Arguments a) => a.X[Group.IdxX] = Half(a.X, Group.IdxX + a.Offset);

#line 4242 "Inlined.cs"
    private static float Half(ArrayView<float> x, int i) => x[i] * 0.5f;
#line default
}
