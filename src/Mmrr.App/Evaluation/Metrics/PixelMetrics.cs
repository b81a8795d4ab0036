using Mmrr.App.Data;

namespace Mmrr.App.Evaluation.Metrics;

/// <summary>Figures of pixels.</summary>
/// <param name="Auroc">Area under the ROC curve of the pixels.</param>
/// <param name="Aupro">Area under the per-region-overlap curve up to a false positive rate of <see cref="OverlapCurve.Limit"/>, divided by that.</param>
internal sealed record PixelFigures(double Auroc, double Aupro);

/// <summary>
/// Pixel AUROC and AUPRO at the masks' own size. A map may have any size below: the caller gives it at the mask's size, one image at a time, and as often as
/// it is asked for. Exact, ties included, and in bounded memory: the pixels are not all sorted at once, but in ranges of scores, highest first, each small enough.
/// </summary>
internal static class PixelMetrics
{
    /// <summary>Pixels that are sorted at a time, unless more share a bin: 8 bytes each.</summary>
    public const int RangePixels = 1 << 24;

    // Ranges are found with the upper bits of the scores: 2^20 bins of 0.05 % each.
    private const int BinShift = 12;

    /// <summary>Computes the figures over all images, and for each kind over its images and those of no kind.</summary>
    /// <param name="masks">The defects of each image.</param>
    /// <param name="kinds">The kind of defect of each image, from 0; −1 for normal images.</param>
    /// <param name="map">The scores of an image, [Height, Width] of its mask; NaN (not looked at) ranks below everything.</param>
    /// <param name="rangePixels">Pixels to sort at a time.</param>
    /// <returns>The figures of all images, and of each kind; null where there is no defect or no good pixel.</returns>
    public static (PixelFigures? All, PixelFigures?[] OfKinds) Compute(IReadOnlyList<DefectRegions> masks, IReadOnlyList<int> kinds, Func<int, float[]> map, int rangePixels = RangePixels)
    {
        int kindCount = kinds.Count == 0 ? 0 : kinds.Max() + 1;
        var all = new OverlapCurve(masks);
        OverlapCurve[] ofKinds = [.. Enumerable.Range(0, kindCount).Select(k => new OverlapCurve([.. masks.Where((_, i) => kinds[i] == k || kinds[i] < 0)]))];
        // What a pixel is: the number of its region over all images, or, of a good pixel, −1 in a normal image and −2 − k in one of kind k.
        var regions = masks.SelectMany((m, i) => m.Areas.Select(area => (Area: area, Kind: kinds[i]))).ToArray();
        foreach (var (low, high, count) in Ranges(Histogram(masks.Count, map), rangePixels))
        {
            var (keys, pixels) = Collect(masks, kinds, map, low, high, count);
            Array.Sort(keys, pixels);
            for (int i = keys.Length - 1; i >= 0; i--)
            {
                int what = pixels[i];
                if (what >= 0)
                {
                    var (area, kind) = regions[what];
                    all.AddDefective(area);
                    if (kind >= 0) ofKinds[kind].AddDefective(area);
                }
                else
                {
                    all.AddGood();
                    if (what < -1) ofKinds[-2 - what].AddGood();
                    else foreach (var curve in ofKinds) curve.AddGood();
                }
                if (i > 0 && keys[i - 1] == keys[i]) continue;
                all.EndScore();
                foreach (var curve in ofKinds) curve.EndScore();
            }
        }
        return (all.Figures, [.. ofKinds.Select(c => c.Figures)]);
    }

    /// <summary>A key that orders as the scores do.</summary>
    private static uint Key(float score)
    {
        if (float.IsNaN(score)) return 0;
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f); // -0 and 0 are one score
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }

    private static long[] Histogram(int images, Func<int, float[]> map)
    {
        var counts = new long[1 << (32 - BinShift)];
        for (int i = 0; i < images; i++)
        {
            foreach (float score in map(i)) counts[Key(score) >> BinShift]++;
        }
        return counts;
    }

    /// <summary>Bins from Low to High, High left out, highest first, with no more pixels together than allowed unless a single one has.</summary>
    private static IEnumerable<(int Low, int High, int Count)> Ranges(long[] counts, int most)
    {
        int high = counts.Length;
        long sum = 0;
        for (int bin = counts.Length - 1; bin >= 0; bin--)
        {
            if (sum > 0 && sum + counts[bin] > most)
            {
                yield return (bin + 1, high, checked((int)sum));
                (high, sum) = (bin + 1, 0);
            }
            sum += counts[bin];
        }
        if (sum > 0) yield return (0, high, checked((int)sum));
    }

    private static (uint[] Keys, int[] Pixels) Collect(IReadOnlyList<DefectRegions> masks, IReadOnlyList<int> kinds, Func<int, float[]> map, int low, int high, int count)
    {
        var (keys, pixels) = (new uint[count], new int[count]);
        int next = 0, firstRegion = 0;
        for (int i = 0; i < masks.Count; i++)
        {
            var mask = masks[i];
            float[] scores = map(i);
            int good = kinds[i] < 0 ? -1 : -2 - kinds[i], from = 0;
            foreach (var run in mask.Runs)
            {
                Take(from, (run.Row * mask.Width) + run.Start, good);
                from = (run.Row * mask.Width) + run.End;
                Take(from - (run.End - run.Start), from, firstRegion + run.Region);
            }
            Take(from, scores.Length, good);
            firstRegion += mask.Areas.Count;

            void Take(int begin, int end, int what)
            {
                for (int p = begin; p < end; p++)
                {
                    uint key = Key(scores[p]);
                    int bin = (int)(key >> BinShift);
                    if (bin < low || bin >= high) continue;
                    (keys[next], pixels[next++]) = (key, what);
                }
            }
        }
        return (keys, pixels);
    }
}
