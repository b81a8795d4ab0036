namespace Mmrr.Tests;

public class DeviceTests(TestDevices devices)
{
    [Theory]
    [InlineData("gpu")]
    [InlineData("")]
    [InlineData("CPU")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:x")]
    [InlineData("ptx:75")]
    [InlineData("ptx,checked")]
    [InlineData("cpu,unchecked")]
    [InlineData("ptx,foo")]
    [InlineData("ptx,limit=0")]
    [InlineData("ptx,limit=")]
    [InlineData("ptx,")]
    public void Open_names_an_unknown_device_and_what_it_knows(string name)
    {
        var e = Assert.Throws<DeviceUnavailableException>(() => Device.Open(name));
        Assert.Equal(
            $"unknown device '{name}': expected auto, cpu, simt, cuda, cuda:N, or ptx, ptx:80 or ptx:90, "
            + "to which ,unchecked and ,limit=N (instructions of a warp) may be added", e.Message);
    }

    [Fact]
    public void Open_says_in_one_line_that_there_is_no_such_gpu()
    {
        // No machine has so many.
        var e = Assert.Throws<DeviceUnavailableException>(() => Device.Open("cuda:1000"));
        Assert.StartsWith("device 'cuda:1000': ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(1025)]
    public void Open_refuses_a_number_of_threads_out_of_range(int threads)
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Device.Open("cpu", threads));
        Assert.Contains($"threads must lie between 1 and 1024, got {threads}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Devices_say_what_they_are()
    {
        Assert.Equal(("cpu", DeviceKind.Cpu, 2), (devices.Get("cpu").Name, devices.Get("cpu").Kind, devices.Get("cpu").Workers));
        Assert.Equal(("simt", DeviceKind.Simt, 1), (devices.Get("simt").Name, devices.Get("simt").Kind, devices.Get("simt").Workers));
        Assert.Equal(("ptx", DeviceKind.Ptx, 1), (devices.Get("ptx").Name, devices.Get("ptx").Kind, devices.Get("ptx").Workers));
        Assert.StartsWith("2 workers", devices.Get("cpu").Description, StringComparison.Ordinal);
        Assert.StartsWith("1 worker,", devices.Get("cpu", 1).Description, StringComparison.Ordinal);
        var names = Device.Available().Select(found => found.Name).ToList();
        Assert.Contains("cpu", names);
        Assert.Contains("simt", names);
        Assert.Contains("ptx", names);
    }

    // ILGPU's own choice is one thread after the other where a debugger is attached, in which workers that wait for one another never end.
    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void Threads_of_a_group_run_side_by_side_whether_or_not_somebody_debugs(string name) =>
        Assert.Equal(ILGPU.Runtime.CPU.CPUAcceleratorMode.Parallel, Assert.IsType<ILGPU.Runtime.CPU.CPUAccelerator>(devices.Get(name).Accelerator).Mode);

    // All workers fail, or the last alone while the others wait for it, in the operation or after it.
    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, true, false)]
    [InlineData(4, true, false)]
    [InlineData(2, false, false)]
    [InlineData(4, false, false)]
    [InlineData(2, false, true)]
    [InlineData(4, false, true)]
    public void A_failing_operation_names_itself_and_leaves_the_device_usable(int workers, bool all, bool othersWait)
    {
        var device = devices.Get("cpu", workers);
        for (int round = 0; round < 20; round++)
        {
            int after = 0;
            device.Enqueue("before", _ => { });
            device.Enqueue("GroupNormalization.Forward", worker =>
            {
                if (all || worker.Index == workers - 1) throw new InvalidDataException("broken on purpose");
                if (othersWait) worker.Barrier();
            });
            device.Enqueue("after", _ => Interlocked.Increment(ref after));
            var e = Assert.Throws<InvalidOperationException>(device.Synchronize);
            Assert.Equal("GroupNormalization.Forward: broken on purpose", e.Message);
            Assert.IsType<InvalidDataException>(e.InnerException);
            Assert.Equal(0, after);
            device.Synchronize(); // the failure was told once

            int phases = 0;
            device.Enqueue("usable", worker =>
            {
                for (int i = 0; i < 10; i++)
                {
                    Interlocked.Increment(ref phases);
                    worker.Barrier();
                    if (Volatile.Read(ref phases) != (i + 1) * workers) throw new InvalidDataException("a barrier let a worker pass too soon");
                    worker.Barrier();
                }
            });
            device.Synchronize();
            Assert.Equal(10 * workers, phases);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Workers_share_every_item_once(int workers)
    {
        var device = devices.Get("cpu", workers);
        foreach (var (count, grain) in new[] { (1, 1), (5, 2), (64, 64), (1000, 7), (100, 1000) })
        {
            int[] shared = new int[count], taken = new int[count];
            int[] begins = new int[workers];
            device.Enqueue("share", worker =>
            {
                var (begin, end) = worker.Share(count, grain);
                begins[worker.Index] = begin;
                for (int i = begin; i < end; i++) Interlocked.Increment(ref shared[i]);
                for (int phase = 0; phase < 2; phase++)
                {
                    while (worker.TryTake(count, out int unit)) Interlocked.Increment(ref taken[unit]);
                    worker.Barrier();
                }
            });
            device.Synchronize();
            Assert.All(shared, times => Assert.Equal(1, times));
            Assert.All(taken, times => Assert.Equal(2, times));
            Assert.All(begins, begin => Assert.True(begin % grain == 0 || begin == count));
        }
    }

    // What an operation wrote is read by the worker in whose caches it is, and nobody waits for a worker that is late.
    [Fact]
    public void A_worker_begins_with_its_own_part_and_others_end_it()
    {
        const int Units = 100;
        var device = devices.Get("cpu", 3);
        int left = Units;
        int[] first = [-1, -1, -1], begins = new int[3];
        device.Enqueue("parts", worker =>
        {
            begins[worker.Index] = worker.Share(Units, 1).Begin;
            Assert.True(worker.TryTake(Units, out first[worker.Index]));
            worker.Barrier();
            while (worker.TryTake(Units, out int unit))
            {
                // The first worker's first unit lasts until the others have done all the rest.
                if (unit == 0) SpinWait.SpinUntil(() => Volatile.Read(ref left) == 1);
                Interlocked.Decrement(ref left);
            }
        });
        device.Synchronize();
        Assert.Equal(begins, first);
        Assert.Equal(0, left);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public unsafe void A_long_queue_runs_in_order(int workers)
    {
        const int Operations = 10_000;
        var device = devices.Get("cpu", workers);
        using var tensor = Tensor.From(device, new Shape(100), new float[100]);
        float* x = tensor.Pointer;
        for (int i = 0; i < Operations; i++)
        {
            float factor = i % 2 == 0 ? 2 : 0.5f; // in another order, the ends would differ
            // The share wanders, so that each worker reads what another wrote.
            int shift = i % workers;
            device.Enqueue("step", worker =>
            {
                for (int j = 0; j < 100; j++)
                {
                    if ((j + shift) % worker.Count == worker.Index) x[j] = (x[j] * factor) + 1;
                }
            });
        }
        float expected = 0;
        for (int i = 0; i < Operations; i++) expected = (expected * (i % 2 == 0 ? 2 : 0.5f)) + 1;
        Assert.All(tensor.ToArray(), value => Assert.Equal(expected, value));
    }

    [Fact]
    public unsafe void Copies_take_their_turn_among_operations()
    {
        var device = devices.Get("cpu");
        var shape = new Shape(10_000);
        using var x = HostTensor.Constant(shape, 1).On(device);
        using var y = Tensor.Empty(device, shape);
        float* from = x.Pointer, to = y.Pointer;
        void Enqueue() => device.Enqueue("double", worker =>
        {
            var (begin, end) = worker.Share(10_000, 16);
            for (int i = begin; i < end; i++) to[i] = 2 * from[i];
        });
        Enqueue();
        float[] threes = HostTensor.Constant(shape, 3).Values;
        x.CopyFrom(threes);
        Array.Clear(threes); // the span may be reused at once
        Assert.All(y.ToArray(), value => Assert.Equal(2, value));
        Enqueue();
        Assert.All(y.ToArray(), value => Assert.Equal(6, value));
    }

    [Fact]
    public unsafe void A_disposed_tensors_buffer_serves_the_operations_already_enqueued()
    {
        var device = devices.Get("cpu");
        var shape = new Shape(4096);
        using var sum = HostTensor.Constant(shape, 0).On(device);
        float* to = sum.Pointer;
        for (int i = 1; i <= 10; i++)
        {
            using var temporary = HostTensor.Constant(shape, i).On(device); // the pool hands out one buffer, ten times
            float* from = temporary.Pointer;
            device.Enqueue("add", worker =>
            {
                var (begin, end) = worker.Share(4096, 16);
                for (int j = begin; j < end; j++) to[j] += from[j];
            });
        }
        Assert.All(sum.ToArray(), value => Assert.Equal(55, value));
    }
}
