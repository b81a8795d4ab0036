using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>Copies that the host does not wait for.</summary>
public class HostBufferTests(TestDevices devices)
{
    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Copies_take_their_turn(string name)
    {
        var device = devices.Get(name);
        const int Count = 10_007;
        using var up = new HostBuffer(device, Count);
        using var down = new HostBuffer(device, Count);
        using var tensor = Tensor.Empty(device, new Shape(Count));
        var expected = new float[Count];
        for (int round = 1; round <= 3; round++)
        {
            up.Wait();
            for (int i = 0; i < Count; i++) up.Values[i] = expected[i] = (round * 0.5f) + i;
            up.CopyTo(tensor);
            down.CopyFrom(tensor);
            Elementwise.Fill(-1, tensor); // enqueued later: not what is copied
            down.Wait();
            Assert.Equal(expected, down.Values.ToArray());
            down.Wait();
        }
        Assert.All(tensor.ToArray(), value => Assert.Equal(-1, value));
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void What_does_not_fit_is_refused(string name)
    {
        var device = devices.Get(name);
        using var other = Device.Open("simt");
        using var buffer = new HostBuffer(device, 4);
        using var five = Tensor.Empty(device, new Shape(5));
        using var elsewhere = Tensor.Empty(other, new Shape(4));
        Assert.Contains("[5]", Assert.Throws<ArgumentException>(() => buffer.CopyTo(five)).Message, StringComparison.Ordinal);
        Assert.Contains("[5]", Assert.Throws<ArgumentException>(() => buffer.CopyFrom(five)).Message, StringComparison.Ordinal);
        Assert.Contains("simt", Assert.Throws<ArgumentException>(() => buffer.CopyTo(elsewhere)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new HostBuffer(device, 0));
    }
}
