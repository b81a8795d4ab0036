using System.Buffers.Binary;
using Mmrr.App.Tests.Data.Fixtures;
using Mmrr.Training.Data;
using Mmrr.Training.Data.Integrity;
using Xunit;

namespace Mmrr.App.Tests.Data.Integrity;

/// <summary>
/// Mutated files of every format: each is read or refused by the one exception for bad input, soon, and without growing memory. A few hundred of each kind
/// here; as many as wanted by <c>scripts/fuzz COUNT SEED</c>, which sets MMRR_FUZZ_COUNT and MMRR_FUZZ_SEED.
/// </summary>
public sealed class PictureFuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Kinds => [.. Pictures.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task MutatedFiles(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int read = 0;
        for (int i = 0; i < Mutations.Count(300); i++)
        {
            var random = new Random(Mutations.Seed(kind, i));
            byte[] mutated = Mutations.Of(file, random);
            bool sums = kind.StartsWith("png", StringComparison.Ordinal);
            bool mended = sums && i % 2 == 1;
            if (mended) MendSums(mutated);
            string what = $"{kind}, seed {Mutations.FirstSeed}, input {i}";
            // Who waits too long is thrown out of here, and the seed tells the input.
            if (await Mutations.Try(() => Decode(mutated, what)) is not { } image) continue;
            read++;
            Assert.Equal(image.Height * image.Width * image.Channels, image.Pixels.Length);
            // Sums tell every change of what they are the sums of.
            if (sums && !mended) Assert.True(image.Pixels.Bytes.SequenceEqual(pixels), $"{what}: another picture, and no complaint");
        }
        output.WriteLine($"{kind}, seed {Mutations.FirstSeed}: {read} of {Mutations.Count(300)} were read");
        // Beside other tests the memory is theirs as well.
        if (Mutations.RunAlone) Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
    }

    private static RasterImage? Decode(byte[] file, string what)
    {
        try
        {
            return ImageFile.Decode(file);
        }
        catch (InvalidDataException e) when (e.Message.Length > 0 && !e.Message.Contains('\n', StringComparison.Ordinal))
        {
            return null;
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}\n{Convert.ToBase64String(file)}");
            throw;
        }
    }

    /// <summary>Gives each chunk of a PNG the sum that it should have, so that what lies behind the sums is tried as well.</summary>
    private static void MendSums(byte[] png)
    {
        for (long at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (at + 12 + length > png.Length) return;
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan((int)(at + 8 + length)), Checksums.Crc32(png.AsSpan((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }
    }
}
