using System.Runtime.InteropServices;

namespace Mmrr.Nn;

/// <summary>
/// The values of an image's pixels as they are kept: bytes, or values of 16 bits where the picture has more than eight. Nothing but an array behind one name:
/// sets of 8-bit pictures take a byte a value.
/// </summary>
public readonly record struct PixelValues
{
    private readonly Array? _values;

    /// <summary>Values 0 to 255; kept, not copied.</summary>
    public PixelValues(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        _values = bytes;
    }

    /// <summary>Values 0 to 65,535; kept, not copied.</summary>
    public PixelValues(ushort[] words)
    {
        ArgumentNullException.ThrowIfNull(words);
        _values = words;
    }

    /// <summary>8 or 16.</summary>
    public int Bits => (_values is ushort[]) ? 16 : 8;

    /// <summary>How many values there are.</summary>
    public int Length => _values?.Length ?? 0;

    /// <summary>The values of 8 bits.</summary>
    /// <exception cref="InvalidOperationException">They have 16.</exception>
    public byte[] Bytes => _values is null ? [] : _values as byte[] ?? throw new InvalidOperationException("the values have 16 bits");

    /// <summary>The values of 16 bits.</summary>
    /// <exception cref="InvalidOperationException">They have 8.</exception>
    public ushort[] Words => _values as ushort[] ?? throw new InvalidOperationException("the values have 8 bits");

    /// <summary>The memory behind the values, of 16 bits in the machine's order; for a hash.</summary>
    public ReadOnlySpan<byte> Memory => Bits == 8 ? Bytes : MemoryMarshal.AsBytes<ushort>(Words);

    /// <summary>Bytes as they are.</summary>
    public static implicit operator PixelValues(byte[] bytes) => new(bytes);

    /// <summary>Values of 16 bits as they are.</summary>
    public static implicit operator PixelValues(ushort[] words) => new(words);

    /// <summary>Zeros.</summary>
    /// <param name="bits">8 or 16.</param>
    /// <param name="length">How many.</param>
    public static PixelValues Zeros(int bits, int length) => bits == 8 ? new byte[length] : new ushort[length];

    /// <summary>An array of either kind.</summary>
    /// <exception cref="ArgumentException">It is of another.</exception>
    public static PixelValues Of<T>(T[] values) => values switch
    {
        byte[] bytes => bytes,
        ushort[] words => words,
        _ => throw new ArgumentException($"values are {typeof(T).Name}, expected bytes or ushorts"),
    };

    /// <summary>
    /// The same picture in another depth, white for white: a byte v becomes 257·v, and a value of 16 bits its high byte. Bytes that were stored as 16 bits
    /// come back exactly.
    /// </summary>
    /// <param name="bits">8 or 16.</param>
    /// <returns>The same array where nothing changes.</returns>
    public PixelValues WithBits(int bits) =>
        bits == Bits ? this
        : bits == 8 ? Array.ConvertAll(Words, v => (byte)(v >> 8))
        : Array.ConvertAll(Bytes, v => (ushort)(v * 257));

    /// <summary>Copies a square out of an image, with its reflection beyond the borders; see <see cref="Tiling"/>.</summary>
    /// <param name="height">The image's height.</param>
    /// <param name="width">The image's width.</param>
    /// <param name="channels">Interleaved channels.</param>
    /// <param name="place">The square's upper left pixel.</param>
    /// <param name="side">The square's side.</param>
    /// <param name="target">[side, side, channels] of the same depth, which is written.</param>
    public void CutSquare(int height, int width, int channels, (int Top, int Left) place, int side, PixelValues target)
    {
        if (Bits == 8) Tiling.Cut<byte>(Bytes, height, width, channels, place, side, target.Bytes);
        else Tiling.Cut<ushort>(Words, height, width, channels, place, side, target.Words);
    }
}
