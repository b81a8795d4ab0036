using System.Buffers.Binary;
using System.Numerics;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// SHA-256 (FIPS 180-4), to compare contents. The class library uses OpenSSL on Linux; where that is not installed, as in small container images, the
/// process ends without an exception. Nothing else here needs OpenSSL.
/// </summary>
internal sealed class Sha256
{
    private const int Block = 64;

    // The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static readonly uint[] s_constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly uint[] _state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    private readonly byte[] _rest = new byte[Block];
    private long _length;

    /// <summary>The hash of bytes, 32 bytes long.</summary>
    public static byte[] HashData(ReadOnlySpan<byte> bytes)
    {
        var hash = new Sha256();
        hash.Append(bytes);
        return hash.Finish();
    }

    /// <summary>The hash of the rest of a stream.</summary>
    public static byte[] HashData(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var hash = new Sha256();
        byte[] piece = new byte[1 << 16];
        for (int count; (count = stream.Read(piece)) > 0;) hash.Append(piece.AsSpan(0, count));
        return hash.Finish();
    }

    /// <summary>Appends bytes to the hashed data.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int kept = (int)(_length % Block);
        _length += bytes.Length;
        if (kept > 0)
        {
            int taken = Math.Min(Block - kept, bytes.Length);
            bytes[..taken].CopyTo(_rest.AsSpan(kept));
            bytes = bytes[taken..];
            if (kept + taken < Block) return;
            Take(_rest);
        }
        for (; bytes.Length >= Block; bytes = bytes[Block..]) Take(bytes[..Block]);
        bytes.CopyTo(_rest);
    }

    /// <summary>The hash of all appended bytes; nothing may be appended after it.</summary>
    public byte[] Finish()
    {
        ulong bits = (ulong)_length * 8;
        Span<byte> padding = stackalloc byte[2 * Block];
        padding.Clear();
        padding[0] = 0x80;
        int kept = (int)(_length % Block), count = (kept < Block - 8 ? Block : 2 * Block) - kept;
        BinaryPrimitives.WriteUInt64BigEndian(padding[(count - 8)..], bits);
        Append(padding[..count]);
        byte[] result = new byte[32];
        for (int i = 0; i < _state.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(4 * i), _state[i]);
        return result;
    }

    private void Take(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[Block];
        for (int i = 0; i < 16; i++) w[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
        for (int i = 16; i < Block; i++)
        {
            uint x = w[i - 15], y = w[i - 2];
            uint first = BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3);
            w[i] = w[i - 16] + first + w[i - 7] + (BitOperations.RotateRight(y, 17) ^ BitOperations.RotateRight(y, 19) ^ (y >> 10));
        }
        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (int i = 0; i < Block; i++)
        {
            uint first = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + s_constants[i] + w[i];
            uint second = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }
        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }
}
