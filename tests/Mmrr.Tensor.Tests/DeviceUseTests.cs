namespace Mmrr.Tests;

/// <summary>What threads may do with one device at the same time, and what is refused.</summary>
public class DeviceUseTests
{
    private static readonly Shape s_shape = new(4);

    // What the second thread asks for while the first is waiting for an operation.
    public static TheoryData<string> Calls => ["Synchronize", "From", "CopyFrom", "CopyTo", "ReleaseUnusedMemory", "HostBuffer"];

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_that_meets_another_threads_is_refused_and_spoils_nothing(string call)
    {
        using var device = Device.Open("cpu", 2);
        using var tensor = Tensor.From(device, s_shape, [1, 2, 3, 4]);
        using var buffer = new HostBuffer(device, 4);
        using ManualResetEventSlim running = new(), go = new();
        device.Enqueue("slow", worker =>
        {
            running.Set();
            go.Wait();
        });
        var waiting = new Thread(device.Synchronize);
        waiting.Start();
        running.Wait(TestContext.Current.CancellationToken);
        var e = Assert.Throws<InvalidOperationException>(() => Ask(call, device, tensor, buffer));
        Assert.Contains("device cpu: another thread uses it now", e.Message, StringComparison.Ordinal);
        // These are for all threads, always.
        Tensor.Empty(device, s_shape).Dispose();
        Assert.Equal(1, device.LiveTensors);
        go.Set();
        waiting.Join();
        Ask(call, device, tensor, buffer);
        Assert.Equal(call is "CopyFrom" ? [9f, 9, 9, 9] : [1f, 2, 3, 4], tensor.ToArray());
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void While_a_thread_has_its_turn_others_wait_for_theirs_and_single_calls_are_refused(string name)
    {
        using var device = Device.Open(name);
        using var tensor = Tensor.Empty(device, s_shape);
        Thread other;
        bool hadTurn = false;
        using (device.Use.TakeTurn())
        {
            using (device.Use.TakeTurn()) tensor.CopyFrom([1, 1, 1, 1]);
            Exception? refused = null;
            var intruder = new Thread(() => refused = Record.Exception(() => tensor.CopyFrom([2, 2, 2, 2])));
            intruder.Start();
            intruder.Join();
            Assert.IsType<InvalidOperationException>(refused);
            other = new Thread(() =>
            {
                using (device.Use.TakeTurn())
                {
                    hadTurn = true;
                    tensor.CopyFrom([3, 3, 3, 3]);
                }
            });
            other.Start();
            Assert.Equal([1f, 1, 1, 1], tensor.ToArray());
            Assert.False(Volatile.Read(ref hadTurn));
        }
        other.Join();
        Assert.Equal([3f, 3, 3, 3], tensor.ToArray());
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    public void A_disposed_device_refuses_everything_by_name(string name)
    {
        var device = Device.Open(name);
        var tensor = Tensor.From(device, s_shape, [1, 2, 3, 4]);
        device.Dispose();
        device.Dispose();
        foreach (var ask in new Action[]
        {
            device.Synchronize, () => tensor.ToArray(), () => tensor.CopyFrom([0, 0, 0, 0]), () => Tensor.Empty(device, s_shape), () => device.Use.TakeTurn()
        })
        {
            Assert.Contains($"device {name}", Assert.Throws<ObjectDisposedException>(ask).Message, StringComparison.Ordinal);
        }
        tensor.Dispose();
        Assert.Equal(0, device.LiveTensors);
    }

    [Fact]
    public void Disposing_waits_for_the_call_of_another_thread()
    {
        var device = Device.Open("cpu", 2);
        using ManualResetEventSlim running = new(), go = new();
        bool ended = false;
        device.Enqueue("slow", worker =>
        {
            running.Set();
            go.Wait();
            Volatile.Write(ref ended, true);
        });
        var waiting = new Thread(device.Synchronize);
        waiting.Start();
        running.Wait(TestContext.Current.CancellationToken);
        var disposing = new Thread(device.Dispose);
        disposing.Start();
        Assert.False(disposing.Join(50));
        go.Set();
        disposing.Join();
        Assert.True(Volatile.Read(ref ended));
        waiting.Join();
    }

    [Fact]
    public void An_operation_on_the_workers_may_not_ask_for_another()
    {
        using var device = Device.Open("cpu", 2);
        device.Enqueue("outer", _ => device.Enqueue("inner", _ => { }));
        Assert.Contains(
            "outer: an operation that runs on the workers", Assert.Throws<InvalidOperationException>(device.Synchronize).Message, StringComparison.Ordinal);
        device.Synchronize();
    }

    private static void Ask(string call, Device device, Tensor tensor, HostBuffer buffer)
    {
        switch (call)
        {
            case "Synchronize":
                device.Synchronize();
                break;
            case "From":
                Tensor.From(device, s_shape, [5, 6, 7, 8]).Dispose();
                break;
            case "CopyFrom":
                tensor.CopyFrom([9, 9, 9, 9]);
                break;
            case "CopyTo":
                tensor.ToArray();
                break;
            case "HostBuffer":
                buffer.CopyFrom(tensor);
                break;
            default:
                device.ReleaseUnusedMemory();
                break;
        }
    }
}
