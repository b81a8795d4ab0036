using Mmrr.Training.Data;

namespace Mmrr.Training.Metrics;

/// <summary>Figures of pixels.</summary>
/// <param name="Auroc">Area under the ROC curve of the pixels.</param>
/// <param name="Aupro">Area under the per-region-overlap curve up to a false positive rate of <see cref="OverlapCurve.Limit"/>, divided by that.</param>
internal sealed record PixelFigures(double Auroc, double Aupro);

/// <summary>
/// Pixel AUROC and AUPRO at the masks' own size, image by image: it counts the pixels of each score and keeps no map. Scores that agree in sign, exponent
/// and the first 11 bits of the fraction, at most 0.05 % apart, count as ties; the error of an AUROC is at most half the share of good-defective pixel
/// pairs within one bin.
/// </summary>
/// <param name="kinds">Number of kinds of defects.</param>
internal sealed class PixelTally(int kinds)
{
    private const int BinShift = 12;
    private const int PageShift = 12;

    // The counts of normal images, then those of each kind.
    private readonly Counts[] _counts = [.. Enumerable.Range(0, kinds + 1).Select(_ => new Counts())];

    /// <summary>Adds an image.</summary>
    /// <param name="mask">Its defects.</param>
    /// <param name="kind">Their kind, from 0; −1 for a normal image.</param>
    /// <param name="map">Its scores, [Height, Width] of the mask; NaN (not seen by the model) ranks below everything.</param>
    public void Add(DefectRegions mask, int kind, ReadOnlySpan<float> map)
    {
        if (map.Length != mask.Height * mask.Width)
            throw new ArgumentException($"PixelTally: a map of {map.Length} scores for a mask of [{mask.Height}, {mask.Width}]");
        var counts = _counts[kind + 1];
        counts.Regions += mask.Areas.Count;
        int from = 0;
        foreach (var run in mask.Runs)
        {
            int begin = (run.Row * mask.Width) + run.Start, end = (run.Row * mask.Width) + run.End;
            foreach (float score in map[from..begin]) counts.Of(Bin(score)).Good++;
            foreach (float score in map[begin..end])
            {
                ref var bin = ref counts.Of(Bin(score));
                bin.Defective++;
                bin.Overlap += 1.0 / mask.Areas[run.Region];
            }
            from = end;
        }
        foreach (float score in map[from..]) counts.Of(Bin(score)).Good++;
    }

    /// <summary>The figures of all images, and of each kind with the normal images; null where there is no defect or no good pixel.</summary>
    public (PixelFigures? All, PixelFigures?[] OfKinds) Figures() => (Of(_counts), [.. _counts[1..].Select(kind => Of([_counts[0], kind]))]);

    private static PixelFigures? Of(Counts[] some)
    {
        var curve = new OverlapCurve(some.Sum(c => c.Good), some.Sum(c => c.Defective), some.Sum(c => c.Regions));
        for (int bin = (1 << (32 - BinShift)) - 1; bin >= 0; bin--)
        {
            if (Array.TrueForAll(some, c => !c.HasPage(bin)))
            {
                // Moves to the last bin of the next page.
                bin &= -1 << PageShift;
                continue;
            }
            Count sum = default;
            foreach (var counts in some)
            {
                var count = counts.At(bin);
                sum.Good += count.Good;
                sum.Defective += count.Defective;
                sum.Overlap += count.Overlap;
            }
            curve.Add(sum.Good, sum.Defective, sum.Overlap);
        }
        return curve.Figures;
    }

    /// <summary>The upper bits of a key with the order of the scores.</summary>
    private static int Bin(float score)
    {
        if (float.IsNaN(score)) return 0;
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f); // -0 and 0 are one score
        return (int)(((bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000) >> BinShift);
    }

    private struct Count
    {
        public long Good;
        public long Defective;
        public double Overlap; // Σ 1/area over the defective pixels
    }

    /// <summary>Counts of all bins, in pages that are allocated on demand, since scores are close together.</summary>
    private sealed class Counts
    {
        private readonly Count[]?[] _pages = new Count[1 << (32 - BinShift - PageShift)][];

        public long Regions { get; set; }

        public long Good => _pages.Sum(page => page?.Sum(c => c.Good) ?? 0);

        public long Defective => _pages.Sum(page => page?.Sum(c => c.Defective) ?? 0);

        public ref Count Of(int bin) => ref (_pages[bin >> PageShift] ??= new Count[1 << PageShift])[bin & ((1 << PageShift) - 1)];

        public bool HasPage(int bin) => _pages[bin >> PageShift] is not null;

        public Count At(int bin) => _pages[bin >> PageShift]?[bin & ((1 << PageShift) - 1)] ?? default;
    }
}
