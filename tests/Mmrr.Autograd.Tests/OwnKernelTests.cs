using System.Collections.Concurrent;
using ILGPU;
using Xunit;

namespace Mmrr.Tests;

/// <summary>Kernels of one's own, from an assembly that the engine does not know.</summary>
public sealed class OwnKernelTests
{
    public static TheoryData<string, int> DevicesAndCounts { get; } =
        [.. from device in new[] { "cpu", "simt", "cuda" } from count in new[] { 1, 7, 1000, 10001 } select (device, count)];

    public static TheoryData<string> Devices { get; } = ["cpu", "simt", "cuda"];

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
    public void AWorkerMayBeAnyOfThem()
    {
        using var device = Device.Open("cpu", 3);
        using var x = Tensor.Empty(device, new Shape(10));
        var seen = new ConcurrentBag<(int Index, int Count, (int, int) Share)>();
        OwnKernel.Run("Who", [], [x], (worker, _, _) => seen.Add((worker.Index, worker.Count, worker.Share(10, 4))), (_, _, _) => { });
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
        void Fails(SimdBody body, string reason)
        {
            OwnKernel.Run("Mine", [], [x], body, (_, _, _) => { });
            var error = Assert.Throws<InvalidOperationException>(device.Synchronize);
            Assert.StartsWith("Mine: ", error.Message, StringComparison.Ordinal);
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        }
        Fails((worker, _, _) => throw new ArithmeticException("no such number"), "no such number");
        Fails((_, inputs, _) => _ = inputs[0], "outside the bounds");
        Fails((_, _, outputs) => outputs[0][4] = 1, "outside the bounds");
        Fails((_, _, _) => x.ToArray(), "may neither enqueue another nor read a tensor's values");
        Fails((_, _, _) => Kernels.Elementwise.Fill(1, x), "may neither enqueue another nor read a tensor's values");
        Assert.Equal(4, x.ToArray().Length); // the device goes on
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

        static string Refused<T>(Tensor[] inputs, Tensor[] outputs)
            where T : Exception =>
            Assert.Throws<T>(() => OwnKernel.Run("Mine", inputs, outputs, (_, _, _) => { }, (_, _, _) => { })).Message;
    }

    [Fact]
    public void KernelsAreChecked()
    {
        using var device = Device.Open("simt");
        using var x = TestDevices.Tensor(device, new Shape(4), 1);
        Assert.Contains(
            "Mine: the kernel Unmarked is not marked [SimtKernel]",
            Refused(launch => launch.Run(SimtGrid.Threads(4), Unmarked, x.View, 4)), StringComparison.Ordinal);
        Assert.Contains(
            "is not static",
            Refused(launch => launch.Run(SimtGrid.Threads(4), (ArrayView<float> view, int count) => { }, x.View, 4)), StringComparison.Ordinal);
        Assert.Contains(
            "requires groups of 2000 threads, expected 1 to 1024",
            Refused(launch => launch.Run(SimtGrid.Threads(4), TooMany, x.View, 4)), StringComparison.Ordinal);
        Assert.Contains("the grid is empty", Refused(launch => launch.Run(default, TooMany, x.View, 4)), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => SimtGrid.Threads(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SimtGrid.Groups(-1));

        string Refused(Action<SimtLaunch> launches) =>
            Assert.Throws<ArgumentException>(() => OwnKernel.Run("Mine", [], [x], (_, _, _) => { }, (launch, _, _) => launches(launch))).Message;
    }

    private static void Blend(Tensor a, Tensor b, float factor, Tensor output) => OwnKernel.Run(
        "Blend", [a, b], [output],
        (worker, inputs, outputs) =>
        {
            var (begin, end) = worker.Share(inputs[0].Length, 64);
            for (int i = begin; i < end; i++) outputs[0][i] = inputs[0][i] + (factor * inputs[1][i]);
        },
        (launch, inputs, outputs) => launch.Run(SimtGrid.Threads(output.Count), BlendKernel, inputs[0], inputs[1], outputs[0], factor, output.Count),
        operations: 2.0 * output.Count);

    // A row's sum: on cpu in two phases, the second by worker 0; elsewhere a group for each row, thread by thread.
    private static void Sums(Tensor x, Tensor output) => OwnKernel.Run(
        "Sums", [x], [output, Tensor.Empty(x.Device, x.Shape)],
        (worker, inputs, outputs) =>
        {
            int row;
            while ((row = worker.Take()) < 3) inputs[0].Slice(row * 1000, 1000).CopyTo(outputs[1].Slice(row * 1000, 1000));
            worker.Barrier();
            if (worker.Index != 0) return;
            for (row = 0; row < 3; row++)
            {
                float sum = 0;
                foreach (float value in outputs[1].Slice(row * 1000, 1000)) sum += value;
                outputs[0][row] = sum;
            }
        },
        (launch, inputs, outputs) => launch.Run(SimtGrid.Groups(3), SumKernel, inputs[0], outputs[0], 1000));

    [SimtKernel]
    private static void BlendKernel(ArrayView<float> a, ArrayView<float> b, ArrayView<float> output, float factor, int count)
    {
        int stride = Grid.DimX * Group.DimX;
        for (int i = (Grid.IdxX * Group.DimX) + Group.IdxX; i < count; i += stride) output[i] = a[i] + (factor * b[i]);
    }

    [SimtKernel(GroupSize = 4)]
    private static void SumKernel(ArrayView<float> x, ArrayView<float> output, int columns)
    {
        var shared = SharedMemory.Allocate<float>(4);
        float sum = 0;
        for (int i = Group.IdxX; i < columns; i += Group.DimX) sum += x[(Grid.IdxX * columns) + i];
        shared[Group.IdxX] = sum;
        Group.Barrier();
        if (Group.IdxX == 0) output[Grid.IdxX] = shared[0] + shared[1] + shared[2] + shared[3];
    }

    private static void Unmarked(ArrayView<float> view, int count) => view[0] = count;

    [SimtKernel(GroupSize = 2000)]
    private static void TooMany(ArrayView<float> view, int count) => view[0] = count;
}
