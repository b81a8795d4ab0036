using Xunit;

namespace Mmrr.Tests;

internal static class TestDevices
{
    /// <summary>One of its own for each test: tests run side by side, and count live tensors.</summary>
    public static Device Open(string name)
    {
        try
        {
            return Device.Open(name, name == "cpu" ? 2 : null);
        }
        catch (DeviceUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    /// <summary>The same values each time, from −1 to 1, none nearer to 0 than 0.05: that is where ReLU's kink is.</summary>
    public static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((0.05 + (0.95 * random.NextDouble())) * (random.Next(2) == 0 ? -1 : 1)))];
    }

    public static Tensor Tensor(Device device, Shape shape, int seed) => Mmrr.Tensor.From(device, shape, Values(shape.Count, seed));
}

/// <summary>The devices of one test class, each opened once: the simulator compiles every kernel anew for each device.</summary>
public sealed class OpenDevices : IDisposable
{
    private readonly Dictionary<string, Device> _open = [];

    public Device Get(string name)
    {
        if (!_open.TryGetValue(name, out var device)) _open[name] = device = TestDevices.Open(name);
        return device;
    }

    public void Dispose()
    {
        foreach (var device in _open.Values) device.Dispose();
    }
}
