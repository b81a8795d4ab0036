namespace Mmrr.Training.Metrics;

/// <summary>
/// Two curves over the false positive rate of the pixels, whose areas are accumulated as pixels are added, highest score first: the true positive rate
/// (ROC), and the per-region overlap, the mean over all defects of the share of their pixels found. The second is MVTec's: Bergmann et al., The MVTec
/// Anomaly Detection Dataset, IJCV 129, 2021, section 5, as in their evaluation code: the curve begins at (0, 0), pixels of the same score are one step,
/// the area is a sum of trapezia that ends, interpolated, at a rate of 0.3, and it is divided by 0.3.
/// </summary>
internal sealed class OverlapCurve
{
    /// <summary>The false positive rate that the area under the overlap ends at.</summary>
    public const double Limit = 0.3;

    private readonly long _goodPixels;
    private readonly long _defectivePixels;
    private readonly long _regions;
    private long _good;
    private long _defective;
    private double _overlap; // sum over the regions
    private UInt128 _doubledRoc; // twice the pairs in order, exact
    private double _area;

    /// <summary>Creates the curves for numbers of pixels and regions.</summary>
    public OverlapCurve(long goodPixels, long defectivePixels, long regions) =>
        (_goodPixels, _defectivePixels, _regions) = (goodPixels, defectivePixels, regions);

    /// <summary>The figures, after all pixels; null where there is no defect or no good pixel.</summary>
    public PixelFigures? Figures =>
        _defectivePixels == 0 || _goodPixels == 0 ? null : new PixelFigures((double)_doubledRoc / (2.0 * _goodPixels * _defectivePixels), _area / Limit);

    /// <summary>Adds all pixels of one score.</summary>
    /// <param name="good">Good pixels.</param>
    /// <param name="defective">Defective pixels.</param>
    /// <param name="overlap">The sum over the defective pixels of one over the area of the pixel's region.</param>
    public void Add(long good, long defective, double overlap)
    {
        if (good > 0)
        {
            _doubledRoc += (UInt128)good * (UInt128)((2 * _defective) + defective);
            double rate = (double)_good / _goodPixels, next = (double)(_good + good) / _goodPixels;
            double before = _overlap / _regions, after = (_overlap + overlap) / _regions;
            if (rate < Limit)
            {
                double end = Math.Min(next, Limit), share = (end - rate) / (next - rate);
                _area += (end - rate) * (before + (share * (after - before) / 2));
            }
        }
        _good += good;
        _defective += defective;
        _overlap += overlap;
    }
}
