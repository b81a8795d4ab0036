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
    public void An_index_far_off_names_the_buffer_that_was_meant()
    {
        using var device = Device.Open("ptx");
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(32), new float[32]);
        var others = Enumerable.Range(0, 8).Select(_ => Tensor.From(device, new Shape(32), new float[32])).ToList();
        foreach (int offset in new[] { -33, -5000, 1 << 20, -(1 << 28) })
        {
            // ILGPU widens an index as one without a sign.
            string index = offset > 0 ? "" : $", the index {(uint)offset}, which is {offset} as a signed number";
            Assert.Matches(
                $@"out of bounds: byte {4L * (uint)offset} of X \(128 bytes at 0x[0-9A-F]+\){index}$",
                Assert.Throws<PtxFaultException>(() => Run(x, offset)).Message);
        }
        Assert.Equal(8, others.Count);
    }

    [Fact]
    public void Memory_that_was_freed_is_not_soon_reused_and_named_so()
    {
        using var device = Device.Open("ptx");
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(32), new float[32]);
        var view = x.View;
        Run(x, 0);
        x.Dispose();
        var y = Tensor.From(device, new Shape(32), new float[32]);
        var fault = Assert.Throws<PtxFaultException>(() => Run(y, 0, view));
        Assert.Equal(PtxFaultKind.Freed, fault.Kind);
        Assert.Matches(@": accesses 4 bytes at 0x[0-9A-F]+, byte 0 of X \(128 bytes at 0x[0-9A-F]+\), which was disposed and freed$", fault.Message);
        Run(y, 0);
    }

    [Fact]
    public void A_kernel_that_does_not_end_names_its_line()
    {
        using var device = Device.Open("ptx,limit=5000,unchecked");
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(32), new float[32]);
        Run(x, 0);
        var fault = Assert.Throws<PtxFaultException>(() => Kernel.Run(
            "Endless", [], [("x", x)], _ => throw new NotSupportedException(),
            simt => simt.Run(new KernelConfig(1, 32), EndlessKernel, new Arguments { X = x.View })));
        Assert.Equal(PtxFaultKind.Endless, fault.Kind);
        Assert.Matches(
            @"^DeviceFaultTests\.EndlessKernel \(\w+\), PTX line \d+ \([\w.]+\), Inlined\.cs:43\d\d, "
            + @"block \(0, 0, 0\), warp 0, lane 0: .*5,000", fault.Message);
    }

    [Fact]
    public void A_lane_that_has_returned_is_not_on_another_path()
    {
        using var device = Device.Open("ptx");
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(32), new float[32]);
        var fault = Assert.Throws<PtxFaultException>(() => Kernel.Run(
            "Returns", [], [("x", x)], _ => throw new NotSupportedException(),
            simt => simt.Run(new KernelConfig(1, 32), ReturningKernel, new Arguments { X = x.View, Offset = 9 })));
        Assert.Equal(PtxFaultKind.Barrier, fault.Kind);
        Assert.EndsWith("the barrier is reached by the lanes 000001FF of FFFFFFFF: lane 9 has returned", fault.Message, StringComparison.Ordinal);
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

    private static void Run(Tensor x, int offset) => Run(x, offset, x.View);

    private static void Run(Tensor x, int offset, ArrayView<float> view) => Kernel.Run(
        "Halves", [], [("x", x)], _ => throw new NotSupportedException(),
        simt => simt.Run(new KernelConfig(1, 32), HalvesKernel, new Arguments { X = view, Offset = offset }));

    [SimtKernel]
    private static void HalvesKernel(Arguments a) => a.X[Group.IdxX] = Half(a.X, Group.IdxX + a.Offset);

#line 4242 "Inlined.cs"
    private static float Half(ArrayView<float> x, int i) => x[i] * 0.5f;

    [SimtKernel]
    private static void ReturningKernel(Arguments a)
    {
        if (Group.IdxX >= a.Offset) return;
        Group.Barrier();
        a.X[Group.IdxX] = 1;
    }

#line 4300 "Inlined.cs"
    [SimtKernel]
    private static void EndlessKernel(Arguments a)
    {
        while (a.X[Group.IdxX] < 1) a.X[Group.IdxX] *= 0.5f;
    }
#line default
}
