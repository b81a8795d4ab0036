using System.Buffers.Binary;
using System.Globalization;
using Mmrr.App.Data;
using Mmrr.App.Data.Integrity;
using Mmrr.App.Tests.Data.Fixtures;
using Xunit;

namespace Mmrr.App.Tests.Data.Integrity;

/// <summary>
/// Mutated files of every format: each is read or refused by the one exception for bad input, soon, and without growing memory. A few hundred of each kind here; as many as wanted by
/// <c>scripts/fuzz COUNT SEED</c>, which sets MMRR_FUZZ_COUNT and MMRR_FUZZ_SEED.
/// </summary>
public sealed class PictureFuzzTests(ITestOutputHelper output)
{
    // Long runs by the script are not timed either, but an input that takes this long counts as one that hangs.
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(20);
    private static readonly int s_count = int.Parse(Environment.GetEnvironmentVariable("MMRR_FUZZ_COUNT") ?? "300", CultureInfo.InvariantCulture);
    private static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("MMRR_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    public static TheoryData<string> Kinds => [.. Pictures.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task MutatedFiles(string kind)
    {
        byte[] file = Pictures.Of(kind), pixels = ImageFile.Decode(file).Pixels.Bytes;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int read = 0;
        for (int i = 0; i < s_count; i++)
        {
            var random = new Random(HashCode(kind, i));
            byte[] mutated = Mutate(file, random);
            bool sums = kind.StartsWith("png", StringComparison.Ordinal);
            bool mended = sums && i % 2 == 1;
            if (mended) MendSums(mutated);
            string what = $"{kind}, seed {s_seed}, input {i}";
            // Who waits too long is thrown out of here, and the seed tells the input.
            if (await Task.Run(() => Decode(mutated, what), TestContext.Current.CancellationToken).WaitAsync(s_hang, TestContext.Current.CancellationToken) is not { } image) continue;
            read++;
            Assert.Equal(image.Height * image.Width * image.Channels, image.Pixels.Length);
            // Sums tell every change of what they are the sums of.
            if (sums && !mended) Assert.True(image.Pixels.Bytes.SequenceEqual(pixels), $"{what}: another picture, and no complaint");
        }
        output.WriteLine($"{kind}, seed {s_seed}: {read} of {s_count} were read");
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
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

    // String's own hash differs from run to run.
    private static int HashCode(string kind, int index) => kind.Aggregate((s_seed * 1_000_003) + index, (hash, c) => unchecked((hash * 31) + c));

    /// <summary>One to four changes: a byte, a bit, a number of two or four bytes at a bound, a run of zeros, a piece that goes, comes twice, or is cut off.</summary>
    private static byte[] Mutate(byte[] original, Random random)
    {
        byte[] file = [.. original];
        for (int change = random.Next(1, 5); change > 0 && file.Length > 8; change--)
        {
            // Half of them in the headers.
            int at = random.Next(2) == 0 ? random.Next(Math.Min(file.Length, 80)) : random.Next(file.Length), length = Math.Min(random.Next(1, 64), file.Length - at);
            switch (random.Next(9))
            {
                case 0:
                    file[at] = (byte)random.Next(256);
                    break;
                case 1:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2 when at + 4 <= file.Length:
                    uint[] bounds = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0xffff, 0x08000000, (uint)file.Length];
                    uint bound = bounds[random.Next(bounds.Length)];
                    if (random.Next(2) == 0) BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at), bound);
                    else BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), bound);
                    break;
                case 3 when at + 2 <= file.Length:
                    BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(at), (ushort)(random.Next(2) == 0 ? 0xffff : random.Next(5)));
                    break;
                case 4:
                    file.AsSpan(at, length).Clear();
                    break;
                case 5:
                    file = [.. file[..at], .. file[(at + length)..]];
                    break;
                case 6:
                    file = [.. file[..(at + length)], .. file[at..]];
                    break;
                case 7:
                    file = file[..at];
                    break;
                default:
                    random.NextBytes(file.AsSpan(at, length));
                    break;
            }
        }
        return file;
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
