namespace Mmrr.Training.Data.Integrity;

/// <summary>The checksums of PNG and zlib (RFC 1950, RFC 2083).</summary>
internal static class Checksums
{
    private const uint Modulus = 65521;

    // Bytes that can be added before the sums could exceed 32 bits.
    private const int Run = 5552;

    private static readonly uint[] s_crc =
        [.. Enumerable.Range(0, 256).Select(i => Enumerable.Range(0, 8).Aggregate((uint)i, (c, _) => (c >> 1) ^ ((c & 1) * 0xEDB88320)))];

    /// <summary>The CRC-32 of PNG's chunks.</summary>
    public static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~0u;
        foreach (byte b in bytes) crc = s_crc[(byte)(crc ^ b)] ^ (crc >> 8);
        return ~crc;
    }

    /// <summary>Continues zlib's Adler-32, which starts at 1.</summary>
    public static uint Adler32(uint sum, ReadOnlySpan<byte> bytes)
    {
        uint a = sum & 0xffff, b = sum >> 16;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(Run, bytes.Length);
            foreach (byte value in bytes[..count])
            {
                a += value;
                b += a;
            }
            (a, b) = (a % Modulus, b % Modulus);
            bytes = bytes[count..];
        }
        return (b << 16) | a;
    }
}
