using System.Runtime.InteropServices;

namespace Mmrr.Nn;

/// <summary>
/// The stored pixel values of an image: bytes, or 16-bit values if the image has more than eight bits. It wraps a single array: sets of 8-bit images take
/// one byte per value.
/// </summary>
public readonly record struct PixelValues
{
    private readonly Array? _values;

    /// <summary>Wraps values 0 to 255 without copying.</summary>
    public PixelValues(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        _values = bytes;
    }

    /// <summary>Wraps values 0 to 65,535 without copying.</summary>
    public PixelValues(ushort[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        _values = words;
    }

    /// <summary>Bits per value: 8 or 16.</summary>
    public int Bits => (_values is ushort[]) ? 16 : 8;

    /// <summary>The number of values.</summary>
    public int Length => _values?.Length ?? 0;

    /// <summary>The 8-bit values.</summary>
    /// <exception cref="InvalidOperationException">The values have 16 bits.</exception>
    public byte[] Bytes => _values is null ? [] : _values as byte[] ?? throw new InvalidOperationException("the values have 16 bits");

    /// <summary>The 16-bit values.</summary>
    /// <exception cref="InvalidOperationException">The values have 8 bits.</exception>
    public ushort[] Words => _values as ushort[] ?? throw new InvalidOperationException("the values have 8 bits");

    /// <summary>The raw memory of the values, 16-bit values in the machine's byte order; for a hash.</summary>
    public ReadOnlySpan<byte> Memory => Bits == 8 ? Bytes : MemoryMarshal.AsBytes<ushort>(Words);

    /// <summary>Wraps bytes.</summary>
    public static implicit operator PixelValues(byte[] bytes) => new(bytes);

    /// <summary>Wraps 16-bit values.</summary>
    public static implicit operator PixelValues(ushort[] words) => new(words);

    /// <summary>Zeros.</summary>
    /// <param name="bits">8 or 16.</param>
    /// <param name="length">Number of values.</param>
    public static PixelValues Zeros(int bits, int length) => bits == 8 ? new byte[length] : new ushort[length];

    /// <summary>Wraps an array of either type.</summary>
    /// <exception cref="ArgumentException">The array has another type.</exception>
    public static PixelValues Of<T>(T[] values) => values switch
    {
        byte[] bytes => bytes,
        ushort[] words => words,
        _ => throw new ArgumentException($"values are {typeof(T).Name}, expected bytes or ushorts"),
    };

    /// <summary>
    /// Converts the image to another depth, white to white: a byte v becomes 257·v, and a 16-bit value its high byte. Bytes that were stored as 16 bits are
    /// recovered exactly.
    /// </summary>
    /// <param name="bits">8 or 16.</param>
    /// <returns>The same array if nothing changes.</returns>
    public PixelValues WithBits(int bits) =>
        bits == Bits ? this
        : bits == 8 ? Array.ConvertAll(Words, v => (byte)(v >> 8))
        : Array.ConvertAll(Bytes, v => (ushort)(v * 257));

    /// <summary>Copies a square from an image, which is reflected beyond its borders; see <see cref="Tiling"/>.</summary>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="place">The square's top left pixel.</param>
    /// <param name="side">The square's side.</param>
    /// <param name="target">The result, [side, side, channels], of the same depth.</param>
    public void CutSquare(int height, int width, int channels, (int Top, int Left) place, int side, PixelValues target)
    {
        if (Bits == 8) Tiling.Cut<byte>(Bytes, height, width, channels, place, side, target.Bytes);
        else Tiling.Cut<ushort>(Words, height, width, channels, place, side, target.Words);
    }
}
