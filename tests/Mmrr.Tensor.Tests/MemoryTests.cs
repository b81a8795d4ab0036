using System.Runtime.CompilerServices;
using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>The pool, the lifetime of tensors, and scopes.</summary>
public class MemoryTests(TestDevices devices)
{
    [Fact]
    public void A_size_class_holds_the_request_and_wastes_an_eighth_at_most()
    {
        foreach (int count in Enumerable.Range(1, 5000).Concat([65535, 65536, 65537, 1_000_003, (1 << 30) + 1, 2_000_000_000, int.MaxValue]))
        {
            int size = MemoryPool.SizeClass(count);
            Assert.True(size >= count, $"{count} floats got {size}");
            Assert.True(size == int.MaxValue || size % 64 == 0, $"{count} floats got {size}, no multiple of 64");
            // The smallest buffers are rounded up to 64 floats, one 256-byte line.
            Assert.True(size - count < 64 || size - count <= 0.125 * size, $"{count} floats got {size}");
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void A_loop_takes_nothing_from_the_system_after_its_first_round(string name)
    {
        var device = devices.Get(name);
        long allocations = 0, bytes = 0;
        // On ptx memory is reused when 16 MB have been returned after it.
        int settled = name == "ptx" ? 80 : 0;
        for (int round = 0; round < settled + 5; round++)
        {
            using (new DisposeScope())
            {
                foreach (int size in new[] { 1, 100, 100, 5000, 70_001 })
                {
                    var tensor = Tensor.Empty(device, new Shape(size));
                    if (size == 5000) tensor.Dispose();
                }
            }
            if (round == settled) (allocations, bytes) = (device.SystemAllocations, device.ReservedBytes);
        }
        Assert.Equal((allocations, bytes), (device.SystemAllocations, device.ReservedBytes));
    }

    // RAdam's table of addresses stays as it is for that reason.
    [Fact]
    public void On_a_GPU_a_step_finds_its_tensors_where_the_step_before_had_them()
    {
        using var device = Device.Open("simt");
        using (Tensor a = Tensor.Empty(device, new Shape(100)), b = Tensor.Empty(device, new Shape(100)), c = Tensor.Empty(device, new Shape(100)))
        {
        }
        unsafe
        {
            var first = Tensor.Empty(device, new Shape(100));
            var second = Tensor.Empty(device, new Shape(100));
            nint one = (nint)first.Pointer, two = (nint)second.Pointer;
            first.Dispose();
            second.Dispose();
            using Tensor again = Tensor.Empty(device, new Shape(100)), other = Tensor.Empty(device, new Shape(100));
            Assert.Equal((one, two), ((nint)again.Pointer, (nint)other.Pointer));
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Values_come_back_from_the_device(string name)
    {
        var device = devices.Get(name);
        var x = new RandomInputs().Uniform(new Shape(3, 5, 7));
        using var tensor = x.On(device);
        Assert.Equal(x.Values, tensor.ToArray());
        tensor.CopyFrom(new float[105]);
        Assert.Equal(new float[105], tensor.ToArray());
        Assert.Equal($"[3, 5, 7] on {device.Name}", tensor.ToString());
        using var scalar = Tensor.From(device, new Shape(), [42]);
        Assert.Equal(42, scalar.Item());
        Assert.Contains("[3, 5, 7]", Assert.Throws<InvalidOperationException>(() => tensor.Item()).Message, StringComparison.Ordinal);
        Assert.Contains("104", Assert.Throws<ArgumentException>(() => tensor.CopyFrom(new float[104])).Message, StringComparison.Ordinal);
        Assert.Contains("106", Assert.Throws<ArgumentException>(() => tensor.CopyTo(new float[106])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Buffers_begin_on_a_64_byte_boundary()
    {
        foreach (string name in new[] { "cpu", "simt" })
        {
            using var scope = new DisposeScope();
            foreach (int size in new[] { 1, 17, 300, 100_000 }) Assert.Equal(0, (long)Tensor.Empty(devices.Get(name), new Shape(size)).Pointer % 64);
        }
    }

    [Fact]
    public void Live_tensors_are_counted_once_each()
    {
        var device = devices.Get("cpu");
        long before = device.LiveTensors;
        var a = Tensor.Empty(device, new Shape(4));
        var b = a.Share();
        Assert.Equal(before + 2, device.LiveTensors);
        a.Dispose();
        a.Dispose(); // a second time means nothing
        Assert.Equal(before + 1, device.LiveTensors);
        b.Dispose();
        Assert.Equal(before, device.LiveTensors);
    }

    [Fact]
    public void A_shared_buffer_lives_as_long_as_its_last_handle()
    {
        var device = devices.Get("cpu");
        var a = Tensor.From(device, new Shape(2, 3), [1, 2, 3, 4, 5, 6]);
        Assert.True(a.IsSoleOwner);
        var b = a.Share(new Shape(6));
        Assert.False(a.IsSoleOwner);
        Assert.True(a.Aliases(b));
        Assert.Equal(new Shape(6), b.Shape);
        a.Dispose();
        Assert.True(b.IsSoleOwner);
        // Were the buffer back in the pool, this one would take it.
        using (var other = HostTensor.Constant(new Shape(2, 3), 9).On(device))
        {
            Assert.False(other.Aliases(b));
            Assert.Equal([1, 2, 3, 4, 5, 6], b.ToArray());
        }
        Assert.Throws<ObjectDisposedException>(() => a.ToArray());
        Assert.Throws<ObjectDisposedException>(() => a.Share());
        Assert.Contains("[6] has 6 elements, [7] has 7", Assert.Throws<ArgumentException>(() => b.Share(new Shape(7))).Message, StringComparison.Ordinal);
        b.Dispose();
    }

    // A buffer of this size is a mapping of its own: reading or writing it after the garbage collector has freed it would end the process.
    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void A_tensor_that_nobody_disposed_or_holds_stays_until_its_operations_have_run(string name)
    {
        using var device = Device.Open(devices.Get(name).Name);
        var shape = new Shape(name == "simt" ? 1 << 15 : 1 << 20); // as large as the simulator adds up in a moment
        using (var sum = HostTensor.Constant(shape, 0).On(device))
        {
            for (int round = 0; round < 3; round++)
            {
                AddDoubled(sum);
                Collect();
            }
            Assert.Equal(HostTensor.Constant(shape, 3 * 42).Values, sum.ToArray());
        }
        Collect();
        device.ReleaseUnusedMemory();
        Assert.Equal(0, device.ReservedBytes);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void AddDoubled(Tensor sum)
        {
            var x = HostTensor.Constant(sum.Shape, 21).On(sum.Device);
            var doubled = Tensor.Empty(sum.Device, sum.Shape);
            Elementwise.Scale(x, 2, doubled);
            Elementwise.Add(doubled, sum, sum);
        }
    }

    // A body's intermediate results are back in the pool while it waits in the queue; a tensor that takes their memory and is forgotten must not free it. Nor
    // must an intermediate result that the body itself forgets.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nor_do_tensors_that_a_body_makes(bool dispose)
    {
        using var device = Device.Open("cpu");
        var shape = new Shape(1 << 20);
        using (Tensor x = HostTensor.Constant(shape, 21).On(device), y = Tensor.Empty(device, shape))
        {
            Kernel.Run(
                "Twice", [("x", x)], [("y", y, shape)],
                simd =>
                {
                    var between = Tensor.Empty(device, shape);
                    var (from, kept, to) = (simd.Read(x), simd.Write(between), simd.Write(y));
                    simd.Run(worker =>
                    {
                        var (begin, end) = worker.Share(shape.Count, 4096);
                        from.Span[begin..end].CopyTo(kept.Span[begin..end]);
                        for (int i = begin; i < end; i++) to.Span[i] = 2 * kept.Span[i];
                    });
                    if (dispose) between.Dispose();
                },
                _ => { });
            Forget();
            Collect();
            Assert.Equal(HostTensor.Constant(shape, 42).Values, y.ToArray());
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Forget()
        {
            for (int i = 0; i < 4; i++) Tensor.Empty(device, shape);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Tensors_that_nobody_disposes_fit_in_little_memory(string name)
    {
        using var device = Device.Open(devices.Get(name).Name);
        var shape = new Shape(1 << 16);
        device.Pool.Limit = 4 * 10 * shape.Count;
        for (int i = 0; i < 100; i++) Assert.Equal(i, First(device, shape, i));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static float First(Device device, Shape shape, int value)
        {
            var x = Tensor.Empty(device, shape);
            Elementwise.Fill(value, x);
            return x.ToArray()[0];
        }
    }

    [Fact]
    public void A_worker_may_not_dispose_its_device()
    {
        using var device = Device.Open("cpu");
        using var y = Tensor.Empty(device, new Shape(1));
        Kernel.Run("Disposing", [], [("y", y)], simd => simd.Run(_ => device.Dispose()), _ => { });
        Assert.StartsWith("Disposing: ", Assert.Throws<InvalidOperationException>(device.Synchronize).Message, StringComparison.Ordinal);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    [Fact]
    public void Scopes_dispose_what_was_made_in_them_and_not_kept()
    {
        var device = devices.Get("cpu");
        long before = device.LiveTensors;
        Tensor Make() => Tensor.Empty(device, new Shape(3));
        using var outside = Make();
        Tensor moved, free;
        using (var outer = new DisposeScope())
        {
            using (var inner = new DisposeScope())
            {
                Make();
                moved = inner.Keep(Make()); // moves to the outer scope
                free = outer.Keep(inner.Keep(Make())); // moves out of both
                inner.Keep(outside); // was never its own
            }
            Assert.Equal(before + 3, device.LiveTensors);
            _ = moved.View;
        }
        Assert.Throws<ObjectDisposedException>(() => moved.View);
        Assert.Equal(before + 2, device.LiveTensors);
        free.Dispose();
        _ = outside.View;
    }

    [Fact]
    public void Scopes_close_in_reverse_order_and_on_their_own_thread()
    {
        var outer = new DisposeScope();
        var inner = new DisposeScope();
        Assert.Throws<InvalidOperationException>(outer.Dispose);
        Exception? elsewhere = null;
        var thread = new Thread(() => elsewhere = Record.Exception(inner.Dispose));
        thread.Start();
        thread.Join();
        Assert.IsType<InvalidOperationException>(elsewhere);
        inner.Dispose();
        outer.Dispose();
    }

    [Fact]
    public void Shapes_refuse_what_no_tensor_can_have()
    {
        Assert.Contains("[2, 0, 3]", Assert.Throws<ArgumentException>(() => new Shape(2, 0, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("at least 1", Assert.Throws<ArgumentException>(() => new Shape(-1)).Message, StringComparison.Ordinal);
        Assert.Contains("[65536, 65536]", Assert.Throws<ArgumentException>(() => new Shape(65536, 65536)).Message, StringComparison.Ordinal);
        // Its product wraps around to a small number in 64 bits.
        Assert.Throws<ArgumentException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue, 2));
        // A walk adds at most 2²⁴, the threads of a grid, to an index below the count.
        Assert.Equal(int.MaxValue, Shape.MaxCount - 1 + Shape.MaxStride);
        Assert.Equal(Shape.MaxCount, new Shape(Shape.MaxCount).Count);
        string message = Assert.Throws<ArgumentException>(() => new Shape(Shape.MaxCount + 1)).Message;
        Assert.Contains($"{Shape.MaxCount}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_are_values()
    {
        int[] sizes = [2, 3, 5];
        var shape = new Shape(sizes);
        sizes[0] = 7;
        shape.ToArray()[1] = 7;
        Assert.Equal(new Shape(2, 3, 5), shape);
        Assert.Equal(new Shape(2, 3, 5).GetHashCode(), shape.GetHashCode());
        Assert.NotEqual(new Shape(2, 5, 3), shape);
        Assert.NotEqual(new Shape(30), shape);
        Assert.Equal((30, 3, 5, 2), (shape.Count, shape.Rank, shape[-1], shape[0]));
        Assert.Equal((1, 0, "[]"), (new Shape().Count, new Shape().Rank, new Shape().ToString()));
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void When_memory_runs_out_the_free_lists_are_given_back_and_then_the_sizes_are_named(string name)
    {
        _ = devices.Get(name); // skips where there is none
        using var device = Device.Open(name);
        const int Mebi = 1 << 18; // floats
        device.Pool.Limit = 4L << 20;
        var kept = Tensor.From(device, new Shape(Mebi), new float[Mebi]);
        var read = Tensor.Empty(device, new Shape(2 * Mebi));
        Elementwise.Fill(1, read);
        read.Dispose(); // 2 MiB free, to be written still; 3 asked for
        using (var larger = Tensor.Empty(device, new Shape(3 * Mebi)))
        {
            Assert.Equal(4L << 20, device.ReservedBytes);
            Elementwise.Fill(2, larger);
            Assert.Equal(2, larger.ToArray()[^1]);
            var error = Assert.Throws<DeviceMemoryException>(() => Tensor.Empty(device, new Shape(Mebi)));
            Assert.Equal((1L << 20, 4L << 20, 4L << 20), (error.RequestedBytes, error.HeldBytes, error.TotalBytes));
            foreach (string part in new[] { device.Name, "1.0 MiB requested", "4.0 MiB in use", "4.0 MiB in total" })
                Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
        // What was in use then is whole, and once there is room the next request is met.
        Assert.Equal(new float[Mebi], kept.ToArray());
        Tensor.Empty(device, new Shape(3 * Mebi)).Dispose();
        kept.Dispose();
    }

    [Fact]
    public void The_host_may_use_what_the_runtime_says() => Assert.InRange(devices.Get("cpu").Pool.Limit, 64L << 20, long.MaxValue - 1);
}
