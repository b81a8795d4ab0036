using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.PixelFormats;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Masks: every value but 0 is a defect, whatever the format shows it as.</summary>
public sealed class MaskFileTests : IDisposable
{
    private static readonly ushort[] s_values = [0, 1, 2, 0, 0, 1];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, byte[]> Palettes => new()
    {
        { "black, red, green", [0, 0, 0, 255, 0, 0, 0, 255, 0] },
        { "the background is white", [255, 255, 255, 0, 0, 0, 9, 9, 9] },
        { "a defect is black", [7, 7, 7, 0, 0, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Palettes))]
    public void IndexedColoursCountByTheirIndex(string what, byte[] palette)
    {
        foreach (int depth in new[] { 2, 4, 8 })
        {
            byte[] file = PngBytes.Make(2, 3, PngBytes.Palette, depth, s_values, ("PLTE", palette), ("tRNS", [0, 255, 255]));
            Assert.True(MaskFile.Read(_folder.Write("m.png", file), "i.png", 2, 3).SequenceEqual(new byte[] { 0, 1, 1, 0, 0, 1 }), $"{what}, {depth} bits");
        }
    }

    [Fact]
    public void IndexedColoursOfABmp()
    {
        byte[] palette = [255, 255, 255, 0, 0, 0, 0, 0];
        byte[] file =
        [
            .. "BM"u8, 70, 0, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0,
            40, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, .. palette,
            0, 0, 1, 0, 0, 1, 1, 0,
        ];
        Assert.Equal([0, 1, 1, 0, 0, 1], MaskFile.Read(_folder.Write("m.bmp", file), "i.png", 2, 3));
    }

    [Fact]
    public void GreyValuesAndNumbersOfKinds()
    {
        byte[] file = PngBytes.Make(2, 3, PngBytes.Grey, 8, s_values);
        Assert.Equal([0, 1, 1, 0, 0, 1], MaskFile.Read(_folder.Write("m.png", file), "i.png", 2, 3));
    }

    [Fact]
    public void AJpegIsRefused()
    {
        using var image = new Image<L8>(3, 2);
        string path = _folder.Write("m.png", Pictures.Encode(image, new JpegEncoder()));
        BadInput.Throws<InvalidDataException>(() => MaskFile.Read(path, "i.png", 2, 3), path, "JPEG");
    }
}
