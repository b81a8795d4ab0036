namespace Mmrr.Training.Pictures;

/// <summary>
/// A 5 × 7 pixel font with two rows for descenders, drawn for this project. Captions look the same on every machine: a bare Linux container has no fonts,
/// and a text library with a bundled font is many times larger than this file.
/// </summary>
internal static class PixelFont
{
    /// <summary>Columns of a glyph.</summary>
    public const int GlyphWidth = 5;

    /// <summary>Rows of a glyph, descenders included.</summary>
    public const int GlyphHeight = 9;

    /// <summary>Distance from one glyph to the next, in columns.</summary>
    public const int Advance = GlyphWidth + 1;

    /// <summary>Distance from one line to the next, in rows.</summary>
    public const int LineHeight = GlyphHeight + 2;

    private const char First = ' ';
    private const ulong UnknownGlyph = 0x1F8C6318FC00; // a hollow box

    // Printable ASCII from the space on; 45 bits a glyph, row by row from the top left, first pixel in the highest bit.
    private static readonly ulong[] Glyphs =
    [
        0x000000000000, 0x042108401000, 0x0A5280000000, 0x0A57D5F52800, 0x047D1C5F1000, 0x18C888898C00, 0x0C9511593400, 0x042200000000, // space !"#$%&'
        0x022210820800, 0x082084222000, 0x00255D520000, 0x00213E420000, 0x000000063088, 0x00003E000000, 0x000000063000, 0x000888880000, // ()*+,-./
        0x0E8CEB98B800, 0x046108423800, 0x0E8844447C00, 0x1F110418B800, 0x0232A5F10800, 0x1F878218B800, 0x06443D18B800, 0x1F0888842000, // 01234567
        0x0E8C5D18B800, 0x0E8C5E113000, 0x006300063000, 0x006300063088, 0x022220820800, 0x0007C1F00000, 0x082082222000, 0x0E8844401000, // 89:;<=>?
        0x0E8DEB783800, 0x0E8C63F8C400, 0x1E8C7D18F800, 0x0E8C2108B800, 0x1C9463197000, 0x1F843D087C00, 0x1F843D084000, 0x0E8C2F18BC00, // @ABCDEFG
        0x118C7F18C400, 0x0E2108423800, 0x071084293000, 0x119531494400, 0x108421087C00, 0x11DD6B18C400, 0x118E6B38C400, 0x0E8C6318B800, // HIJKLMNO
        0x1E8C7D084000, 0x0E8C63593400, 0x1E8C7D494400, 0x0F841C10F800, 0x1F2108421000, 0x118C6318B800, 0x118C63151000, 0x118C6B5AA800, // PQRSTUVW
        0x118A88A8C400, 0x118C54421000, 0x1F0888887C00, 0x0E4210843800, 0x008208208000, 0x0E1084213800, 0x045440000000, 0x0000000003E0, // XYZ[\]^_
        0x082080000000, 0x000382F8BC00, 0x1085B318F800, 0x0003A108B800, 0x010B6718BC00, 0x0003A3F83800, 0x064A38842000, 0x0003E319B42E, // `abcdefg
        0x1085B318C400, 0x040308423800, 0x020184210A4C, 0x1084A98A4800, 0x0C2108423800, 0x0006AB5AD400, 0x0005B318C400, 0x0003A318B800, // hijklmno
        0x0005B318FA10, 0x00036718BC21, 0x0005B3084000, 0x0003E0E0F800, 0x084710849800, 0x00046319B400, 0x000463151000, 0x0004635AA800, // pqrstuvw
        0x000454454400, 0x00046319B42E, 0x0007C4447C00, 0x032110420C00, 0x042108421000, 0x182104426000, 0x00022A200000, // xyz{|}~
    ];

    /// <summary>Whether a glyph's pixel is set.</summary>
    /// <param name="character">Any character; outside printable ASCII it shows as a hollow box.</param>
    /// <param name="row">0 to <see cref="GlyphHeight"/> − 1, from the top.</param>
    /// <param name="column">0 to <see cref="GlyphWidth"/> − 1, from the left.</param>
    public static bool IsSet(char character, int row, int column)
    {
        int index = character - First;
        ulong glyph = index >= 0 && index < Glyphs.Length ? Glyphs[index] : UnknownGlyph;
        return ((glyph >> (GlyphWidth * GlyphHeight - 1 - (row * GlyphWidth + column))) & 1) != 0;
    }
}
