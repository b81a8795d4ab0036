using Mmrr.App.Data;

namespace Mmrr.App.Evaluation.Metrics;

/// <summary>
/// Two curves over the false positive rate of the pixels, their areas summed up as pixels come in, highest score first: the true positive rate (ROC), and
/// the per-region overlap, the mean over all defects of the share of their pixels found. The second is MVTec's: Bergmann et al., The MVTec Anomaly Detection
/// Dataset, IJCV 129, 2021, section 5, as in their evaluation code: the curve begins at (0, 0), pixels of the same score are one step, the area is a sum of
/// trapezia that ends, interpolated, at a rate of 0.3, and it is divided by 0.3.
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
    private long _newGood;
    private long _newDefective;
    private double _newOverlap;
    private UInt128 _doubledRoc; // twice the pairs in order, exact
    private double _area;

    /// <summary>Curves over the pixels of these masks.</summary>
    public OverlapCurve(IReadOnlyList<DefectRegions> masks)
    {
        _defectivePixels = masks.Sum(m => m.Areas.Sum(a => (long)a));
        _goodPixels = masks.Sum(m => (long)m.Height * m.Width) - _defectivePixels;
        _regions = masks.Sum(m => m.Areas.Count);
    }

    /// <summary>The figures, after all pixels; null where there is no defect or no good pixel.</summary>
    public PixelFigures? Figures =>
        _defectivePixels == 0 || _goodPixels == 0 ? null : new PixelFigures((double)_doubledRoc / (2.0 * _goodPixels * _defectivePixels), _area / Limit);

    /// <summary>A good pixel of the score that is being counted.</summary>
    public void AddGood() => _newGood++;

    /// <summary>A defective pixel of the score that is being counted, of a region of so many.</summary>
    public void AddDefective(int area)
    {
        _newDefective++;
        _newOverlap += 1.0 / area;
    }

    /// <summary>No more pixels of this score.</summary>
    public void EndScore()
    {
        if (_newGood > 0)
        {
            _doubledRoc += (UInt128)_newGood * (UInt128)((2 * _defective) + _newDefective);
            double rate = (double)_good / _goodPixels, next = (double)(_good + _newGood) / _goodPixels;
            double overlap = _overlap / _regions, nextOverlap = (_overlap + _newOverlap) / _regions;
            if (rate < Limit)
            {
                double end = Math.Min(next, Limit), share = (end - rate) / (next - rate);
                _area += (end - rate) * (overlap + (share * (nextOverlap - overlap) / 2));
            }
        }
        _good += _newGood;
        _defective += _newDefective;
        _overlap += _newOverlap;
        (_newGood, _newDefective, _newOverlap) = (0, 0, 0);
    }
}
