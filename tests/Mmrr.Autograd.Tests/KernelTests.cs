using System.Collections.Concurrent;
using ILGPU;
using Xunit;

namespace Mmrr.Tests;

/// <summary>Kernels of one's own, from an assembly that the engine does not know.</summary>
public sealed class KernelTests
{
    public static TheoryData<string, int> DevicesAndCounts { get; } =
        [.. from device in new[] { "cpu", "simt", "ptx", "cuda" } from count in new[] { 1, 7, 1000, 10001 } select (device, count)];

    public static TheoryData<string> Devices { get; } = ["cpu", "simt", "ptx", "cuda"];

    [Theory]
    [MemberData(nameof(DevicesAndCounts))]
    public void EveryElementIsWrittenOnce(string name, int count)
    {
        using var device = TestDevices.Open(name);
        using var scope = new DisposeScope();
        float[] a = TestDevices.Values(count, 1), b = TestDevices.Values(count, 2);
        var output = Tensor.From(device, new Shape(count), [.. Enumerable.Repeat(float.NaN, count)]);
        using (var x = Tensor.From(device, output.Shape, a))
        using (var y = Tensor.From(device, output.Shape, b))
        {
            Blend(x, y, 0.25f, output); // the inputs are disposed before the device has run anything
        }
        using var reused = Tensor.From(device, output.Shape, b);
        Assert.Equal(a.Zip(b, (p, q) => p + (0.25f * q)), output.ToArray());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void PhasesAndGroupsGiveASumInAFixedOrder(string name)
    {
        using var device = TestDevices.Open(name);
        float[] values = TestDevices.Values(3000, 3);
        using var x = Tensor.From(device, new Shape(3, 1000), values);
        using var sums = Tensor.Empty(device, new Shape(3));
        Sums(x, sums);
        float[] first = sums.ToArray();
        // Left to right in float32: n·u·Σ|x| bounds the error.
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(values.Skip(row * 1000).Take(1000).Sum(value => (double)value), first[row], 1000 * 6e-8 * 1000);
        }
        Sums(x, sums);
        Assert.Equal(first, sums.ToArray());
    }

    [Fact]
    public void AStructThatIlgpuMayNotSeeIsNamedAndTheNextKernelRuns()
    {
        using var device = Device.Open("simt");
        using var scope = new DisposeScope();
        var x = TestDevices.Tensor(device, new Shape(5), 1);
        string message = Assert.Throws<InvalidOperationException>(
            () => Kernel.Run("Hidden", [], [("x", x)], _ => { }, simt => simt.Run(SimtGrid.Threads(5), HiddenKernel, new Hidden { X = x.View }))).Message;
        Assert.Contains("Hidden: HiddenKernel takes", message, StringComparison.Ordinal);
        Assert.Contains("not public", message, StringComparison.Ordinal);
        float[] before = x.ToArray();
        Blend(x, x, 1f, Tensor.Empty(device, x.Shape));
        Assert.Equal(before, x.ToArray());
    }

    [Fact]
    public void AWorkerMayBeAnyOfThem()
    {
        using var device = Device.Open("cpu", 3);
        using var x = Tensor.Empty(device, new Shape(10));
        var seen = new ConcurrentBag<(int Index, int Count, (int, int) Share)>();
        Kernel.Run("Who", [], [("x", x)], simd => simd.Run(worker => seen.Add((worker.Index, worker.Count, worker.Share(10, 4)))), _ => { });
        device.Synchronize();
        Assert.Equal([(0, 3, (0, 4)), (1, 3, (4, 8)), (2, 3, (8, 10))], seen.Order());
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void TheProfilerKnowsIt(string name)
    {
        using var device = TestDevices.Open(name);
        using var x = TestDevices.Tensor(device, new Shape(64), 1);
        using var y = Tensor.Empty(device, new Shape(64));
        using var profiler = new Profiler(device);
        Blend(x, x, 1f, y);
        var kernel = Assert.Single(profiler.Kernels);
        Assert.Equal(("Blend", 128.0, 3 * 256.0), (kernel.Work.Operation, kernel.Work.Operations, kernel.Work.Bytes));
    }

    [Fact]
    public void ABodyThatThrowsIsNamed()
    {
        using var device = Device.Open("cpu", 2);
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        void Fails(Func<SimdLaunch, Action<Worker>> body, string reason)
        {
            Kernel.Run("Mine", [], [("x", x)], simd => simd.Run(body(simd)), _ => { });
            var error = Assert.Throws<InvalidOperationException>(device.Synchronize);
            Assert.StartsWith("Mine: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        }
        Fails(_ => _ => throw new ArithmeticException("no such number"), "no such number");
        Fails(simd => Past(simd.Read(x)), "outside the bounds");
        Fails(simd => PastTheEnd(simd.Write(x)), "outside the bounds");
        Fails(_ => _ => x.ToArray(), "may not enqueue another, read a tensor's values or dispose a device");
        Fails(_ => _ => Kernels.Elementwise.Fill(1, x), "may not enqueue another, read a tensor's values or dispose a device");

        Assert.Equal(4, x.ToArray().Length); // the device goes on

        static Action<Worker> Past(SimdInput input) => worker => _ = input.Span[4];
        static Action<Worker> PastTheEnd(SimdOutput output) => _ => output.Span[4] = 1;
    }

    [Fact]
    public void TensorsAreChecked()
    {
        using var device = Device.Open("cpu", 1);
        using var other = Device.Open("cpu", 1);
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        using var handle = x.Share(new Shape(2, 2));
        using var elsewhere = TestDevices.Tensor(other, new Shape(4), 1);
        var gone = Tensor.Empty(device, new Shape(4));
        gone.Dispose();
        Assert.Contains("Mine: there is no output", Refused<ArgumentException>([x], []), StringComparison.Ordinal);
        Assert.Contains(
            "Mine: the output [4] on cpu shares its buffer with the argument [2, 2]", Refused<ArgumentException>([handle], [x]), StringComparison.Ordinal);
        Assert.Contains("Mine: the output [2, 2] on cpu shares its buffer", Refused<ArgumentException>([], [x, handle]), StringComparison.Ordinal);
        Assert.Contains("expected all on one device", Refused<ArgumentException>([elsewhere], [x]), StringComparison.Ordinal);
        Assert.Contains("expected all on one device", Refused<ArgumentException>([], [x, elsewhere]), StringComparison.Ordinal);
        Refused<ObjectDisposedException>([gone], [x]);
        Refused<ObjectDisposedException>([x], [gone]);
        Assert.Contains("Mine: from is null", Refused<ArgumentNullException>([null!], [x]), StringComparison.Ordinal);

        static string Refused<T>(Tensor[] inputs, Tensor[] outputs)
            where T : Exception =>
            Assert.Throws<T>(() => Kernel.Run("Mine", Named("from", inputs), Named("to", outputs), _ => { }, _ => { })).Message;

        static Argument[] Named(string name, Tensor[] tensors) => [.. tensors.Select(tensor => Argument.Of(name, tensor))];
    }

    [Fact]
    public void ShapesAreCheckedAndWhatIsOptionalMayBeAbsent()
    {
        using var device = Device.Open("cpu", 1);
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        using var y = TestDevices.Tensor(device, new Shape(4), 1);
        int ran = 0;
        void Run(Argument input, bool inPlace = false) => Kernel.Run("Mine", [input], [("y", y)], _ => ran++, _ => { }, inPlace: inPlace);
        Run(("x", x, new Shape(4)));
        Run(Argument.Optional("x", null, new Shape(5)));
        Run(("x", y), inPlace: true);
        Assert.Equal(3, ran);
        Assert.Contains(
            "Mine: x is [4], expected [2, 2]", Assert.Throws<ArgumentException>(() => Run(("x", x, new Shape(2, 2)))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "Mine: x is [4], expected [5]",
            Assert.Throws<ArgumentException>(() => Run(Argument.Optional("x", x, new Shape(5)))).Message, StringComparison.Ordinal);
        Assert.Contains("shares its buffer", Assert.Throws<ArgumentException>(() => Run(("x", y))).Message, StringComparison.Ordinal);
        Assert.Equal(3, ran);
    }

    [Fact]
    public void ABodyTakesNoTensorOfAnotherDevice()
    {
        using var device = Device.Open("cpu", 1);
        using var other = Device.Open("cpu", 1);
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        using var elsewhere = TestDevices.Tensor(other, new Shape(4), 1);
        string message = Assert.Throws<ArgumentException>(() => Kernel.Run("Mine", [], [("x", x)], simd => simd.Read(elsewhere), _ => { })).Message;
        Assert.Contains("Mine: the body takes [4] on cpu", message, StringComparison.Ordinal);
    }

    [Fact]
    public void KernelsAreChecked()
    {
        using var device = Device.Open("simt");
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        Assert.Contains(
            "Mine: the kernel Unmarked is not marked [SimtKernel]",
            Refused(launch => launch.Run(SimtGrid.Threads(4), Unmarked, new Few { View = x.View, Count = 4 })), StringComparison.Ordinal);
        Assert.Contains(
            "is not static",
            Refused(launch => launch.Run(SimtGrid.Threads(4), (Few a) => { }, new Few { View = x.View, Count = 4 })), StringComparison.Ordinal);
        Assert.Contains(
            "requires groups of 2000 threads, expected 1 to 1024",
            Refused(launch => launch.Run(SimtGrid.Threads(4), TooMany, new Few { View = x.View, Count = 4 })), StringComparison.Ordinal);
        Assert.Contains("the grid is empty", Refused(launch => launch.Run(default, InGroups, new Few { View = x.View, Count = 4 })), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SimtGrid.Threads(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SimtGrid.Groups(-1));

        string Refused(Action<SimtLaunch> launches) =>
            Assert.Throws<ArgumentException>(() => Kernel.Run("Mine", [], [("x", x)], _ => { }, launches)).Message;
    }

    private static void Blend(Tensor a, Tensor b, float factor, Tensor output) => Kernel.Run(
        "Blend", [("a", a), ("b", b, a.Shape)], [("output", output, a.Shape)],
        simd =>
        {
            var (first, second, to) = (simd.Read(a), simd.Read(b), simd.Write(output));
            simd.Run(worker =>
            {
                var (begin, end) = worker.Share(first.Span.Length, 64);
                for (int i = begin; i < end; i++) to.Span[i] = first.Span[i] + (factor * second.Span[i]);
            });
        },
        simt => simt.Run(
            SimtGrid.Threads(output.Count), BlendKernel,
            new BlendArguments { A = a.View, B = b.View, Output = output.View, Factor = factor, Count = output.Count }),
        operations: 2.0 * output.Count);

    // A row's sum: on cpu in two phases, the second by worker 0; elsewhere a group for each row, thread by thread.
    private static void Sums(Tensor x, Tensor output) => Kernel.Run(
        "Sums", [("x", x)], [("output", output, new Shape(3))],
        simd =>
        {
            var copy = Tensor.Empty(x.Device, x.Shape);
            var (from, between, read, to) = (simd.Read(x), simd.Write(copy), simd.Read(copy), simd.Write(output));
            simd.Run(worker =>
            {
                while (worker.TryTake(3, out int part)) from.Span.Slice(part * 1000, 1000).CopyTo(between.Span.Slice(part * 1000, 1000));
                worker.Barrier();
                if (worker.Index != 0) return;
                for (int row = 0; row < 3; row++)
                {
                    float sum = 0;
                    foreach (float value in read.Span.Slice(row * 1000, 1000)) sum += value;
                    to.Span[row] = sum;
                }
            });
        },
        simt => simt.Run(SimtGrid.Groups(3), SumKernel, new SumArguments { X = x.View, Output = output.View, Columns = 1000 }));

    [SimtKernel]
    private static void BlendKernel(BlendArguments a)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < a.Count; i += stride) a.Output[i] = a.A[i] + (a.Factor * a.B[i]);
    }

    [SimtKernel(GroupSize = 4)]
    private static void SumKernel(SumArguments a)
    {
        var shared = SharedMemory.Allocate<float>(4);
        float sum = 0;
        for (int i = Group.IdxX; i < a.Columns; i += Group.DimX) sum += a.X[(Grid.IdxX * a.Columns) + i];
        shared[Group.IdxX] = sum;
        Group.Barrier();
        if (Group.IdxX == 0) a.Output[Grid.IdxX] = shared[0] + shared[1] + shared[2] + shared[3];
    }

    [SimtKernel]
    private static void HiddenKernel(Hidden a) => a.X[0] = 1f;

    private static void Unmarked(Few a) => a.View[0] = a.Count;

    [SimtKernel(GroupSize = 2000)]
    private static void TooMany(Few a) => a.View[0] = a.Count;

    [SimtKernel]
    private static void InGroups(Few a) => a.View[0] = a.Count;

    internal struct BlendArguments
    {
        public ArrayView<float> A, B, Output;
        public float Factor;
        public int Count;
    }

    internal struct SumArguments
    {
        public ArrayView<float> X, Output;
        public int Columns;
    }

    internal struct Few
    {
        public ArrayView<float> View;
        public int Count;
    }

    private struct Hidden
    {
        public ArrayView<float> X;
    }
}
