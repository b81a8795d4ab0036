using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>The pictures of <c>shared/faults</c>, where it is beside the checkout: inputs that testers broke the program with.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData("base", true)]
    [InlineData("prog", true)]
    [InlineData("base-noeoi", true)]
    [InlineData("prog-noeoi", true)]
    [InlineData("base-flip", true)]
    [InlineData("base-cut-eoi", false)]
    [InlineData("base-zeromid", false)]
    [InlineData("base-zerotail-eoi", false)]
    [InlineData("prog-cut-eoi", false)]
    public void Jpegs(string name, bool whole)
    {
        string path = Path.Combine(Folder("jpeg"), $"{name}.jpg");
        if (whole) Assert.Equal((160, 160, 3), ImageFile.Read(path) is var image ? (image.Height, image.Width, image.Channels) : default);
        else BadInput.Throws<InvalidDataException>(() => ImageFile.Read(path), path, "JPEG image", "expected a complete file");
    }

    [Theory]
    [InlineData("base-noeoi", "base")]
    [InlineData("prog-noeoi", "prog")]
    public void AnEndMarkerIsNoPartOfThePicture(string name, string whole) =>
        Assert.Equal(
            ImageFile.Read(Path.Combine(Folder("jpeg"), $"{whole}.jpg")).Pixels.Bytes,
            ImageFile.Read(Path.Combine(Folder("jpeg"), $"{name}.jpg")).Pixels.Bytes);

    [Fact]
    public void ARotationInTheMetadataIsAppliedInEveryFormat()
    {
        RasterImage[] images = [.. new[] { "jpg", "webp", "png" }.Select(extension => ImageFile.Read(Path.Combine(Folder("rotated"), $"o.{extension}")))];
        Assert.All(images, image => Assert.Equal((48, 32), (image.Height, image.Width)));
        // Its colours are flat: the coarser formats keep them.
        Assert.All(images, image => Assert.All(image.Pixels.Bytes.Zip(images[2].Pixels.Bytes), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, 3)));
    }

    [Fact]
    public void NumbersOfKindsInMasksAreDefectsAsAllOthers()
    {
        ImageSet[] sets = [.. new[] { "numbers", "same" }.Select(name =>
            DataSource.Open(new DataOptions { Kind = "mvtec", Root = Path.Combine(Folder("masks"), name), Normal = "c", Size = 32 }).LoadTest())];
        Assert.Equal(6, sets[0].Samples.Count);
        foreach (var (numbers, same) in sets[0].Samples.Zip(sets[1].Samples)) Assert.Equal(same.Mask!, numbers.Mask!);
    }

    private static string Folder(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared", "faults", name);
            if (Directory.Exists(candidate)) return candidate;
        }
        Assert.Skip($"no folder shared/faults/{name} above the tests");
        return "";
    }
}
