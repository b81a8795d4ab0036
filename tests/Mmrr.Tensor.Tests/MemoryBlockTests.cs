using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Tensors that share a buffer of the pool.</summary>
public class MemoryBlockTests(TestDevices devices)
{
    private const int Large = 1 << 20; // floats

    [Theory]
    [MemberData(nameof(Splitting))]
    public void Small_tensors_lie_in_the_memory_that_a_large_one_left(string name)
    {
        _ = devices.Get(name); // skips where there is none
        using var device = Device.Open(name);
        Tensor.Empty(device, new Shape(Large)).Dispose();
        long reserved = device.ReservedBytes;
        Tensor[] parts = [.. Enumerable.Range(0, 12).Select(_ => Tensor.Empty(device, new Shape(Large / 14)))];
        Assert.Equal(reserved, device.ReservedBytes);
        // In any order of return they become one again.
        foreach (int i in new[] { 3, 0, 1, 2, 4, 6, 5, 8, 7, 10, 9, 11 }) parts[i].Dispose();
        using var again = Tensor.Empty(device, new Shape(Large));
        Assert.Equal(reserved, device.ReservedBytes);
    }

    // A few statistics in a large block would keep an activation from having it in the next step.
    [Theory]
    [MemberData(nameof(Splitting))]
    public void A_tensor_of_a_hundredth_of_a_block_gets_a_buffer_of_its_own(string name)
    {
        _ = devices.Get(name);
        using var device = Device.Open(name);
        Tensor.Empty(device, new Shape(Large)).Dispose();
        using var small = Tensor.Empty(device, new Shape(Large / 100));
        using var again = Tensor.Empty(device, new Shape(Large));
        Assert.Equal(2, device.SystemAllocations);
    }

    [Fact]
    public void On_ptx_every_tensor_has_a_buffer_between_margins()
    {
        using var device = Device.Open("ptx");
        Tensor.Empty(device, new Shape(Large)).Dispose();
        using var part = Tensor.Empty(device, new Shape(Large / 2));
        Assert.Equal(2, device.SystemAllocations);
    }

    [Fact]
    public void No_tensor_has_memory_of_another_and_all_of_it_comes_back()
    {
        int seed = Environment.TickCount;
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        var random = new Random(seed);
        using var device = Device.Open("cpu");
        var held = new List<(Tensor Tensor, float Value)>();
        for (int i = 0; i < 4000; i++)
        {
            if (held.Count > 0 && random.Next(100) < 45 + (held.Count / 4))
            {
                int place = random.Next(held.Count);
                var (tensor, value) = held[place];
                held.RemoveAt(place);
                Assert.True(tensor.ToArray().All(element => element == value), $"seed {seed}, round {i}: {tensor} was overwritten");
                tensor.Dispose();
                continue;
            }
            var empty = Tensor.Empty(device, new Shape((int)Math.Pow(2, 4 + (random.NextDouble() * 13))));
            unsafe
            {
                Assert.Equal(0, (nint)empty.Pointer % 64);
            }
            Elementwise.Fill(i, empty);
            held.Add((empty, i));
        }
        foreach (var (tensor, value) in held)
        {
            Assert.Equal((value, value), (tensor.ToArray()[0], tensor.ToArray()[^1]));
            tensor.Dispose();
        }
        device.ReleaseUnusedMemory();
        Assert.Equal(0, device.ReservedBytes);
    }

    public static TheoryData<string> Splitting() => ["cpu", "simt", "cuda"];
}
