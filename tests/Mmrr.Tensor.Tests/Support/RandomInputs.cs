using System.Globalization;

namespace Mmrr.Tests;

/// <summary>
/// Fresh random inputs for the running test. The seed is the clock's; MMRR_SEED sets it, to repeat a failure. Each test has a sequence
/// of its own, so that it draws the same values alone as among others.
/// </summary>
internal sealed class RandomInputs
{
    private readonly Random _random;

    /// <param name="part">Another number for each of several sequences in one test.</param>
    public RandomInputs(int part = 0)
    {
        ulong hash = (ulong)(Seed + part) ^ 14695981039346656037;
        foreach (char letter in TestContext.Current.Test?.TestDisplayName ?? "") hash = (hash ^ letter) * 1099511628211; // FNV-1a
        _random = new Random((int)(hash >> 33));
        TestContext.Current.TestOutputHelper?.WriteLine(Note);
    }

    /// <summary>What to set to see the same values again.</summary>
    public static string Note => $"MMRR_SEED={Seed}";

    private static long Seed { get; } =
        long.TryParse(Environment.GetEnvironmentVariable("MMRR_SEED"), CultureInfo.InvariantCulture, out long seed) ? seed : Environment.TickCount64;

    public HostTensor Uniform(Shape shape, float low = -1, float high = 1)
    {
        float[] values = new float[shape.Count];
        for (int i = 0; i < values.Length; i++) values[i] = low + ((high - low) * _random.NextSingle());
        return new HostTensor(shape, values);
    }

    public double[] Doubles(int count, double low = -1, double high = 1)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = low + ((high - low) * _random.NextDouble());
        return values;
    }

    public ulong Bits() => (ulong)_random.NextInt64() << 1 ^ (ulong)_random.NextInt64();
}
