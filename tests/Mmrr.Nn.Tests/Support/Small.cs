using Xunit;

// A device takes its work from one thread at a time and uses all cores: tests that run side by side would only slow each other down.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Mmrr.Nn.Tests.Support;

/// <summary>The smallest models that have every part, and inputs for them.</summary>
internal static class Small
{
    /// <summary>Two resolutions of the least width; one grey image has 64 values.</summary>
    public static MmrrOptions Options { get; } = new() { Channels = 1, Size = 8, Width = 16, Resolutions = 2 };

    /// <summary>The device; the test is skipped where there is none.</summary>
    public static Device Open(string name, int? threads = null)
    {
        try
        {
            return Device.Open(name, name == "cpu" ? threads ?? 2 : null);
        }
        catch (DeviceUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    /// <summary>An untrained model.</summary>
    public static MmrrModel Model(Device device, MmrrOptions options, ulong seed = 1)
    {
        var model = new MmrrModel(device, options);
        model.Initialize(seed);
        return model;
    }

    /// <summary>An untrained model of a method, with the smallest settings.</summary>
    public static AnomalyModel Of(Device device, string name, IReadOnlyDictionary<string, double>? settings = null)
    {
        var method = AnomalyMethods.Of(name);
        // Each setting within its range: few values of a code, few steps.
        settings ??= method.Settings.Where(s => s.Name is "latent" or "memory" or "steps").ToDictionary(s => s.Name, _ => 4.0);
        var model = method.Create(device, method.Apply(Options with { Resolutions = 3 }, settings));
        model.Initialize(1);
        return model;
    }

    /// <summary>Images as <see cref="NormalStatistics"/> takes them, each whole.</summary>
    public static IEnumerable<(PreparedImage Image, ImageLight Light)> Whole(MmrrOptions options, params IEnumerable<PreparedImage> images) =>
        images.Select(image => (image, ImageLight.Of(options, image)));

    /// <summary>Images [count, S, S, C] with values in [−1, 1].</summary>
    public static float[] Images(MmrrOptions options, int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count * options.Size * options.Size * options.Channels).Select(_ => (float)((2 * random.NextDouble()) - 1))];
    }

    /// <summary>Images as a model takes them.</summary>
    public static PreparedImage[] Prepared(MmrrOptions options, int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var pixels = new byte[options.Size * options.Size * options.Channels];
            random.NextBytes(pixels);
            return new PreparedImage(pixels, options.Size, options.Size);
        })];
    }

    /// <summary>Those images as a tensor.</summary>
    public static Tensor ImageTensor(Device device, MmrrOptions options, int count, int seed = 1) =>
        Tensor.From(device, new Shape(count, options.Size, options.Size, options.Channels), Images(options, count, seed));

    /// <summary>Levels [N, L], the same for every image.</summary>
    public static Tensor Levels(Device device, int images, params float[] levels) =>
        Tensor.From(device, new Shape(images, levels.Length), [.. Enumerable.Range(0, images).SelectMany(_ => levels)]);

    /// <summary>The bits, which tell −0 from 0 and compare NaN.</summary>
    public static int[] Bits(IEnumerable<float> values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
