namespace Mmrr.Training.Data;

/// <summary>Random selections that depend on the seed alone, on every platform.</summary>
internal static class Sampling
{
    /// <summary>The numbers 0 .. count - 1 in random order.</summary>
    public static int[] Permutation(int count, long seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        var random = new SplitMix64(seed);
        random.Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>Splits 0 .. count - 1 into two random parts, each in ascending order.</summary>
    /// <param name="count">How many to split, at least 2.</param>
    /// <param name="fraction">Share of the second part, in (0, 1); it gets at least one index and leaves at least one.</param>
    /// <param name="seed">Seed of the draw.</param>
    public static (int[] First, int[] Second) Split(int count, double fraction, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 2);
        int taken = Math.Clamp((int)((count * fraction) + 0.5), 1, count - 1);
        int[] order = Permutation(count, seed);
        int[] first = order[taken..];
        int[] second = order[..taken];
        Array.Sort(first);
        Array.Sort(second);
        return (first, second);
    }

    /// <summary>
    /// Splits the normal images into training, validation and calibration sets. Validation and calibration each get a twentieth, or, where that is less
    /// than ten, a tenth up to ten; in the paper's split both together get a twentieth, at least two. Each set has at least one image.
    /// </summary>
    /// <param name="count">Number of images, at least 3.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <param name="paper">The paper's 95 : 5.</param>
    /// <returns>Indexes in ascending order.</returns>
    public static (int[] Training, int[] Validation, int[] Calibration) Split(int count, long seed, bool paper = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 3);
        int twentieth = (int)((count * 0.05) + 0.5);
        int both = Math.Max(2, paper ? twentieth : 2 * Math.Max(twentieth, Math.Min(10, count / 10))), validation = (both + 1) / 2;
        int[] order = Permutation(count, seed);
        return ([.. order[both..].Order()], [.. order[..validation].Order()], [.. order[validation..both].Order()]);
    }

    /// <summary>The same split, as the part of each image; fewer than three images are all training images.</summary>
    public static ImagePart[] Parts(int count, long seed, bool paper)
    {
        var parts = new ImagePart[count];
        if (count < 3)
            return parts;
        var (_, validation, calibration) = Split(count, seed, paper);
        foreach (int i in validation)
            parts[i] = ImagePart.Validation;
        foreach (int i in calibration)
            parts[i] = ImagePart.Calibration;
        return parts;
    }

    /// <summary>
    /// Draws samples with normal and abnormal ones, and the kinds of abnormal ones, in proportion (largest remainder method). Two or more samples hold at
    /// least one normal and one abnormal sample where the set has both.
    /// </summary>
    /// <param name="samples">All samples.</param>
    /// <param name="count">How many to draw, at least 1; all are returned if there are no more than this.</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>Indexes into the samples, ascending.</returns>
    public static int[] Stratified(IReadOnlyList<Sample> samples, int count, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (count >= samples.Count)
            return [.. Enumerable.Range(0, samples.Count)];
        int[] order = Permutation(samples.Count, seed);
        int[] normal = [.. order.Where(i => !samples[i].Abnormal)];
        int[][] kinds =
        [
            .. order.Where(i => samples[i].Abnormal).GroupBy(i => samples[i].Kind)
                .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => g.ToArray()),
        ];
        int abnormal = samples.Count - normal.Length;
        int[] sides = Apportion(count, [normal.Length, abnormal]);
        if (count >= 2 && normal.Length > 0 && abnormal > 0)
            sides[0] = Math.Clamp(sides[0], 1, count - 1);
        int[] perKind = Apportion(count - sides[0], [.. kinds.Select(k => k.Length)]);

        IEnumerable<int> drawn = normal.Take(sides[0]);
        for (int k = 0; k < kinds.Length; k++)
            drawn = drawn.Concat(kinds[k].Take(perKind[k]));
        return [.. drawn.Order()];
    }

    /// <summary>Apportions seats by largest remainder; for equal remainders the earlier stratum comes first.</summary>
    /// <param name="seats">How many to assign, at most the sum of the sizes.</param>
    /// <param name="sizes">Sizes of the strata.</param>
    private static int[] Apportion(int seats, int[] sizes)
    {
        long total = sizes.Sum(s => (long)s);
        var result = new int[sizes.Length];
        if (total == 0)
            return result;
        for (int i = 0; i < sizes.Length; i++)
            result[i] = (int)((long)seats * sizes[i] / total);
        int left = seats - result.Sum();
        foreach (int i in Enumerable.Range(0, sizes.Length).OrderByDescending(i => (long)seats * sizes[i] % total).Take(left))
            result[i]++;
        return result;
    }
}
