namespace Mmrr;

/// <summary>The four 32-bit words of Philox 4×32-10 for one counter.</summary>
/// <param name="Word0">Word 0.</param>
/// <param name="Word1">Word 1.</param>
/// <param name="Word2">Word 2.</param>
/// <param name="Word3">Word 3.</param>
public readonly record struct PhiloxBlock(uint Word0, uint Word1, uint Word2, uint Word3);

/// <summary>
/// The counter-based generator Philox 4×32-10: number i of a stream is a pure function of (seed, stream, i), so that every device and any number of threads
/// draw the same numbers without storing any. Number i is word i mod 4 of the block with the key <c>seed</c> and the counter (i/4 | stream), low words
/// first. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// </summary>
public static class Philox
{
    internal const int Rounds = 10;
    internal const uint Multiplier0 = 0xD2511F53;
    internal const uint Multiplier1 = 0xCD9E8D57;
    internal const uint Weyl0 = 0x9E3779B9;
    internal const uint Weyl1 = 0xBB67AE85;

    // Floats take the upper 24 bits of a word.
    internal const float Unit = 1f / (1 << 24);

    /// <summary>Block <paramref name="counter"/> of a stream: its numbers 4·counter to 4·counter + 3. Also runs in GPU kernels.</summary>
    public static PhiloxBlock Block(ulong seed, ulong stream, ulong counter)
    {
        uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
        uint word0 = (uint)counter, word1 = (uint)(counter >> 32), word2 = (uint)stream, word3 = (uint)(stream >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * word0, product1 = (ulong)Multiplier1 * word2;
            word0 = (uint)(product1 >> 32) ^ word1 ^ key0;
            word1 = (uint)product1;
            word2 = (uint)(product0 >> 32) ^ word3 ^ key1;
            word3 = (uint)product0;
            key0 += Weyl0;
            key1 += Weyl1;
        }
        return new PhiloxBlock(word0, word1, word2, word3);
    }

    /// <summary>Number <paramref name="index"/> of a stream, uniform over all 32-bit words.</summary>
    public static uint Word(ulong seed, ulong stream, ulong index)
    {
        var block = Block(seed, stream, index / 4);
        return Pick(block, (int)(index % 4));
    }

    /// <summary>Number <paramref name="index"/> of a stream, uniform in [0, 1), a multiple of 2⁻²⁴.</summary>
    public static float Uniform(ulong seed, ulong stream, ulong index) => ToUnit(Word(seed, stream, index));

    /// <summary>Number <paramref name="index"/> of a stream, uniform in [low, high): the same bits as <see cref="Kernels.PhiloxUniform"/>.</summary>
    public static float Uniform(ulong seed, ulong stream, ulong index, float low, float high) =>
        ToRange(Uniform(seed, stream, index), low, high - low, MathF.BitDecrement(high));

    internal static uint Pick(PhiloxBlock block, int word) => word == 0 ? block.Word0 : word == 1 ? block.Word1 : word == 2 ? block.Word2 : block.Word3;

    internal static float ToUnit(uint word) => (word >> 8) * Unit;

    /// <summary>
    /// low + u·span, at most <paramref name="largest"/>. In double: the product of two 24-bit numbers is exact there, so that devices with and without
    /// fused multiply-add agree bit for bit.
    /// </summary>
    internal static float ToRange(float unit, float low, float span, float largest)
    {
        float value = (float)(low + ((double)unit * span));
        return value > largest ? largest : value;
    }
}
