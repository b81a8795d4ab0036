namespace Mmrr.Tests;

/// <summary>Philox4x32-10 as published (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011, section 3.3 and Random123's philox.h).</summary>
internal static class PhiloxReference
{
    public static uint[] Block(uint[] counter, uint[] key)
    {
        uint c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53UL * c0, product1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return [c0, c1, c2, c3];
    }

    /// <summary>Numbers in [0, 1) with 24 bits: block i/4 of the stream, word i%4, repeated after <paramref name="period"/>.</summary>
    public static double[] Uniform(ulong seed, ulong stream, int period, int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            uint block = (uint)(i % period / 4);
            uint[] words = Block([block, 0, (uint)stream, (uint)(stream >> 32)], [(uint)seed, (uint)(seed >> 32)]);
            values[i] = (words[i % period % 4] >> 8) / (double)(1 << 24);
        }
        return values;
    }
}
