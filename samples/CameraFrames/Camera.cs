using Mmrr.Nn;

namespace Mmrr.Samples;

/// <summary>Stands for a camera's driver: one buffer, whose rows are padded, written again for every frame.</summary>
internal sealed class Camera(string name, int height, int width, PixelFormat format)
{
    private const int Alignment = 64;

    private readonly int _row = width * (format == PixelFormat.Grey8 ? 1 : 3);
    private int _frame;
    private byte[]? _buffer;

    public string Name => name;

    public int Height => height;

    public int Width => width;

    public PixelFormat Format => format;

    public int Stride => (_row + Alignment - 1) / Alignment * Alignment;

    public ReadOnlySpan<byte> Buffer => _buffer;

    /// <summary>The next frame: stripes that move.</summary>
    public void Capture()
    {
        _buffer ??= new byte[height * Stride];
        _frame++;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < _row; x++) _buffer[(y * Stride) + x] = (byte)(128 + (100 * Math.Sin(0.05 * (x + y + (7 * _frame)))));
        }
    }
}
