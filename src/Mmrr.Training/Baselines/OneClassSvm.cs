using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Baselines;

/// <summary>
/// The one-class SVM (Schölkopf et al., Neural Computation 13, 2001) with a Gaussian kernel k(a, b) = exp(−γ·‖a − b‖²): the minimum of ½·αᵀKα with
/// 0 ≤ α ≤ 1/(ν·N) and Σα = 1, found by sequential minimal optimization of the pair that violates its conditions most (Keerthi et al. 2001). The score of x
/// is ρ − Σ αᵢ·k(xᵢ, x).
/// </summary>
internal sealed class OneClassSvm
{
    /// <summary>ν, an upper bound of the share of normal images that score above 0.</summary>
    public const double Nu = 0.1;

    // The kernel matrix of more would take over 36 MB; they are drawn by the seed.
    private const int Most = 3000;

    // Of the gradient, in units of the largest α: that of LIBSVM.
    private const double Tolerance = 1e-3;
    private const int MostStepsPerRow = 1000;

    private readonly float[][] _rows;
    private readonly double _gamma;
    private readonly double[] _alpha;
    private readonly double _rho;

    /// <summary>Fits normal rows.</summary>
    /// <param name="normal">[N][D], at least two, their mean subtracted.</param>
    /// <param name="seed">Seed of the draw where there are more than are used.</param>
    public OneClassSvm(float[][] normal, long seed)
    {
        _rows = normal.Length <= Most ? normal : [.. Sampling.Permutation(normal.Length, seed).Take(Most).Order().Select(i => normal[i])];
        int n = _rows.Length;
        // 1/(D·variance), the variance that of all values, which have the mean 0.
        double squares = Math.Max(_rows.Sum(row => (double)PackedRows.SquaredLength(row)) / n, _rows[0].Length * ImageRows.RoundingVariance);
        _gamma = 1 / squares;
        double most = 1 / (Nu * n);
        var kernel = new float[n][];
        Kernels(_rows, (i, row) => kernel[i] = row.ToArray());
        _alpha = new double[n];
        double left = 1;
        for (int i = 0; i < n && left > 0; i++) left -= _alpha[i] = Math.Min(most, left);
        var gradient = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n && _alpha[j] > 0; j++) gradient[i] += _alpha[j] * kernel[i][j];
        }
        for (long step = 0; step < (long)MostStepsPerRow * n; step++)
        {
            var (up, down) = WorstPair(gradient, most);
            if (gradient[down] - gradient[up] < Tolerance * most) break;
            double curvature = Math.Max(2 - (2.0 * kernel[up][down]), 1e-12);
            double change = Math.Min((gradient[down] - gradient[up]) / curvature, Math.Min(most - _alpha[up], _alpha[down]));
            _alpha[up] += change;
            _alpha[down] -= change;
            for (int i = 0; i < n; i++) gradient[i] += change * ((double)kernel[up][i] - kernel[down][i]);
        }
        var (low, high) = WorstPair(gradient, most);
        _rho = (gradient[low] + gradient[high]) / 2;
    }

    /// <summary>Scores rows.</summary>
    /// <param name="tested">[M][D], the same mean subtracted.</param>
    public MethodScores Score(float[][] tested)
    {
        var scores = new double[tested.Length];
        Kernels(tested, (i, kernel) =>
        {
            double sum = 0;
            for (int j = 0; j < _alpha.Length; j++) sum += _alpha[j] * kernel[j];
            scores[i] = _rho - sum;
        });
        return new MethodScores("one-class SVM", scores);
    }

    private void Kernels(float[][] rows, RowConsumer take) => new RowDistances(_rows).ForEach(rows, (i, distances) =>
    {
        for (int j = 0; j < distances.Length; j++) distances[j] = (float)Math.Exp(-_gamma * distances[j]);
        take(i, distances);
    });

    /// <summary>Of the α that may rise the one with the smallest gradient, and of those that may fall the one with the largest.</summary>
    private (int Up, int Down) WorstPair(double[] gradient, double most)
    {
        int up = -1, down = -1;
        for (int i = 0; i < gradient.Length; i++)
        {
            if (_alpha[i] < most && (up < 0 || gradient[i] < gradient[up])) up = i;
            if (_alpha[i] > 0 && (down < 0 || gradient[i] > gradient[down])) down = i;
        }
        return (up < 0 ? down : up, down);
    }
}
