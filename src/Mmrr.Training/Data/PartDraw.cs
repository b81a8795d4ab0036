using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Data;

/// <summary>
/// Draws the part of each normal image. An image's position in [0, 1) follows from the seed and its content: below 0.1 it is a validation image, below 0.2
/// a calibration image, from 0.8 on a test image where test images are drawn, and else a training image. So neither its name nor the other images matter,
/// and copies share their part. In a set so small that a part would be empty, the nearest image changes its part; where there are fewer different images
/// than parts, copies count individually.
/// </summary>
internal static class PartDraw
{
    private const double Held = 0.1;
    private const double Tested = 0.8;

    // Half of the 5 in the paper's 95 : 5, per held-out part.
    private const double PaperHeld = 0.025;

    /// <summary>Draws the parts.</summary>
    /// <param name="images">Each image's content hash, and whether it may become a test image.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <param name="test">Whether test images are drawn; then at least two images must be eligible.</param>
    /// <param name="paper">Whether only a fortieth each is held out, as in the paper's 95 : 5.</param>
    /// <returns>A part for each image; where fewer than three are not test images, all of those are training images.</returns>
    public static ImagePart[] Draw(IReadOnlyList<(string Hash, bool Free)> images, long seed, bool test, bool paper)
    {
        string[] keys = Keys(images, parts: test ? 4 : 3);
        Group[] groups =
        [
            .. Enumerable.Range(0, keys.Length).GroupBy(i => keys[i])
                .Select(g => new Group([.. g], Place(seed, g.Key), g.All(i => images[i].Free))).OrderBy(g => g.Place),
        ];
        double held = paper ? PaperHeld : Held;
        foreach (var group in groups)
        {
            group.Part = test && group.Free && group.Place >= Tested ? ImagePart.Test
                : group.Place < held ? ImagePart.Validation
                : group.Place >= Held && group.Place < Held + held ? ImagePart.Calibration
                : ImagePart.Training;
        }
        if (test && groups.All(g => g.Part != ImagePart.Test)) groups.Last(g => g.Free).Part = ImagePart.Test;
        // Training needs three images.
        while (Others() < 3 && groups.Count(g => g.Part == ImagePart.Test) > 1) groups.First(g => g.Part == ImagePart.Test).Part = ImagePart.Training;
        if (Others() < 3)
        {
            foreach (var group in groups.Where(g => g.Part != ImagePart.Test)) group.Part = ImagePart.Training;
        }
        else
        {
            foreach (var part in new[] { ImagePart.Validation, ImagePart.Calibration, ImagePart.Training }) Fill(groups, part);
        }
        var parts = new ImagePart[images.Count];
        foreach (var group in groups)
        {
            foreach (int member in group.Members) parts[member] = group.Part;
        }
        return parts;

        int Others() => groups.Where(g => g.Part != ImagePart.Test).Sum(g => g.Members.Length);
    }

    /// <summary>
    /// Assigns an empty part the first group whose own part does not become empty, preferably of the training set and least of all of the test set.
    /// </summary>
    private static void Fill(Group[] groups, ImagePart part)
    {
        if (groups.Any(g => g.Part == part)) return;
        var donors = groups.Where(g => groups.Count(other => other.Part == g.Part) > 1)
            .OrderBy(g => g.Part switch { ImagePart.Training => 0, ImagePart.Test => 2, _ => 1 });
        if (donors.FirstOrDefault() is { } first) first.Part = part;
    }

    private static string[] Keys(IReadOnlyList<(string Hash, bool Free)> images, int parts)
    {
        string[] keys = [.. images.Select(i => i.Hash)];
        if (keys.Distinct().Count() >= parts) return keys;
        var copies = new Dictionary<string, int>();
        return Array.ConvertAll(keys, hash => string.Create(CultureInfo.InvariantCulture, $"{hash}/{copies[hash] = copies.GetValueOrDefault(hash) + 1}"));
    }

    private static double Place(long seed, string key)
    {
        byte[] hash = Sha256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seed}:{key}")));
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Images of one content.</summary>
    private sealed class Group(int[] members, double place, bool free)
    {
        public int[] Members { get; } = members;

        public double Place { get; } = place;

        public bool Free { get; } = free;

        public ImagePart Part { get; set; }
    }
}
