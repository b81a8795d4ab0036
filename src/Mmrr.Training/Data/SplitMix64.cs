namespace Mmrr.Training.Data;

/// <summary>
/// The SplitMix64 generator (Steele, Lea and Flood 2014): the same numbers on every platform and runtime version,
/// which <see cref="Random"/> does not promise. A mutable struct: pass it by reference.
/// </summary>
internal struct SplitMix64
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private ulong state;

    /// <summary>Starts the sequence of a seed.</summary>
    public SplitMix64(long seed) => state = (ulong)seed;

    /// <summary>Starts a separate sequence for every combination of keys, such as (seed, epoch, image index).</summary>
    public SplitMix64(params ReadOnlySpan<long> keys)
    {
        foreach (long key in keys)
            state = Mix((state + Gamma) ^ (ulong)key);
    }

    /// <summary>Next 64 random bits.</summary>
    public ulong Next() => Mix(state += Gamma);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [low, high).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Uniform in [0, bound); the bias of under 2^-32 is not corrected.</summary>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)Math.BigMul(Next(), (ulong)bound, out _);
    }

    /// <summary>Shuffles in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
