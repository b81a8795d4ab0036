using Mmrr.Training.Pictures;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Mmrr.App.Tests.Reports;

public sealed class ContactSheetTests : IDisposable
{
    private static readonly Rgb Background = new(250, 250, 248);
    private static readonly Rgb Frame = new(205, 205, 200);
    private static readonly Rgb Text = new(40, 42, 48);

    private readonly string _folder = Directory.CreateTempSubdirectory("sheet").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SizesAndPixelsAreWhereTheLayoutPutsThem()
    {
        ContactSheet sheet = new(["I", "mu"], scale: 10);
        sheet.AddRow("H", [new Tile(2, 3, 1, [1, 2, 3, 4, 5, 6]), new Tile(1, 1, 3, [7, 8, 9])]);
        Tile image = sheet.Render();

        // Across: margin 16, label 10, gap 12, tile 30 + 2, gap 12, caption 22 (wider than the tile's 12), margin 16.
        Assert.Equal(120, image.Width);
        // Down: margin 16, caption 18, gap 12, tile 20 + 2, margin 16.
        Assert.Equal(84, image.Height);
        Assert.Equal(Background, image[0, 0]);
        Assert.Equal(Frame, image[46, 38]);
        Assert.Equal(new Rgb(1, 1, 1), image[47, 39]);
        Assert.Equal(new Rgb(1, 1, 1), image[56, 48]);
        Assert.Equal(new Rgb(2, 2, 2), image[56, 49]);
        Assert.Equal(new Rgb(6, 6, 6), image[66, 68]);
        Assert.Equal(Frame, image[67, 69]);
        Assert.Equal(Background, image[68, 70]);
        // The smaller tile sits in the middle of its column (82 to 103) and row (46 to 67).
        Assert.Equal(Frame, image[51, 87]);
        Assert.Equal(new Rgb(7, 8, 9), image[52, 88]);
        Assert.Equal(new Rgb(7, 8, 9), image[61, 97]);
        Assert.Equal(Frame, image[62, 98]);
        // The label's H: 10 x 18 at (48, 16); its left stem and the hole beside it.
        Assert.Equal(Text, image[48, 16]);
        Assert.Equal(Text, image[49, 17]);
        Assert.Equal(Background, image[48, 18]);
        // The caption's I over the middle of the first column: 10 wide from 38 + (32 - 10) / 2.
        Assert.Equal(Background, image[16, 50]);
        Assert.Equal(Text, image[16, 51]);
    }

    [Fact]
    public void ThePngHoldsTheRenderedPixels()
    {
        ContactSheet sheet = new(["image", "ground truth"], scale: 3);
        sheet.AddRow("hole/000\nscore 0.913", [new Tile(1, 2, 3, [255, 0, 0, 0, 128, 255]), new Tile(2, 2, 1, [0, 64, 128, 255])]);
        string path = Path.Combine(_folder, "sheet.png");
        File.WriteAllText(path, "old");
        sheet.Save(path);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));

        Tile image = sheet.Render();
        using var png = Image.Load<Rgb24>(path);
        Assert.Equal((image.Height, image.Width), (png.Height, png.Width));
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                var colour = png[x, y];
                Assert.Equal(image[y, x], new Rgb(colour.R, colour.G, colour.B));
            }
        }
    }

    [Fact]
    public void EveryPrintableCharacterHasItsOwnGlyph()
    {
        HashSet<string> glyphs = [];
        for (char character = ' '; character <= '~'; character++)
            Assert.True(glyphs.Add(Bits(character)), $"'{character}' looks like another character");
        Assert.True(glyphs.Add(Bits('μ')), "an unknown character must show as a box of its own");
        Assert.Equal(Bits('μ'), Bits('\u0007'));

        static string Bits(char character) => string.Concat(
            from row in Enumerable.Range(0, PixelFont.GlyphHeight)
            from column in Enumerable.Range(0, PixelFont.GlyphWidth)
            select PixelFont.IsSet(character, row, column) ? '#' : '.');
    }

    [Fact]
    public void RowsAndTilesThatDoNotFitAreRefused()
    {
        Assert.Throws<ArgumentException>(() => new ContactSheet([], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ContactSheet(["a"], 0));
        Assert.Throws<ArgumentException>(() => new ContactSheet(["a", "b"], 1).AddRow("r", [new Tile(1, 1, 1, [0])]));
        Assert.Throws<ArgumentException>(() => new Tile(1, 1, 2, [0, 0]));
        Assert.Throws<ArgumentException>(() => new Tile(2, 2, 1, [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tile(0, 1, 1, []));
    }
}
