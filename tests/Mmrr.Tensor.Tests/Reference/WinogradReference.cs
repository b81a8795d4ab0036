namespace Mmrr.Tests;

/// <summary>
/// What bounds the rounding errors of F(4×4, 3×3). Every output is a sum of products whose factors are themselves sums; over the absolute values of
/// all matrices and data, |A|ᵀ[Σ_c (|G||g||G|ᵀ) ⊙ (|B|ᵀ|d||B|)]|A|, the errors of each stage add up (Higham, chapter 3). A chain has at most 3
/// roundings in each of the two input transforms, 4 (with those of the constants) in each of the weights', 4 in each of the output's, one product and C
/// additions.
/// </summary>
internal static class WinogradReference
{
    private static readonly double[,] s_input =
        { { 4, 0, 5, 0, 1, 0 }, { 0, 4, 4, 1, 1, 0 }, { 0, 4, 4, 1, 1, 0 }, { 0, 2, 1, 2, 1, 0 }, { 0, 2, 1, 2, 1, 0 }, { 0, 4, 0, 5, 0, 1 } };
    private static readonly double[,] s_weight =
        {
            { 1 / 4.0, 0, 0 }, { 1 / 6.0, 1 / 6.0, 1 / 6.0 }, { 1 / 6.0, 1 / 6.0, 1 / 6.0 },
            { 1 / 24.0, 1 / 12.0, 1 / 6.0 }, { 1 / 24.0, 1 / 12.0, 1 / 6.0 }, { 0, 0, 1 }
        };

    private static readonly double[,] s_output = { { 1, 1, 1, 1, 1, 0 }, { 0, 1, 1, 2, 2, 0 }, { 0, 1, 1, 4, 4, 0 }, { 0, 1, 1, 8, 8, 1 } };

    /// <summary>Roundings in a row, beside those of a bias and a residual.</summary>
    public static int Roundings(int channels) => channels + (2 * 3) + (2 * 4) + (2 * 4) + 1;

    /// <summary>
    /// Roundings in a row of a weight's gradient: each image's tiles one after the other, at most 3 in each input transform, 3 in each of the gradient's, 5
    /// (with those of the constants) in each of the two back, one product, and the shares that are added.
    /// </summary>
    public static int WeightRoundings(int tiles) => tiles + (2 * 3) + (2 * 3) + (2 * 5) + 1;

    /// <summary>The magnitude of each output, [N, H, W, O].</summary>
    /// <param name="n">Images.</param>
    /// <param name="h">Height.</param>
    /// <param name="w">Width.</param>
    /// <param name="c">Channels.</param>
    /// <param name="o">Outputs.</param>
    /// <param name="x">[N, H, W, C].</param>
    /// <param name="weight">[3, 3, C, O].</param>
    public static double[] Magnitude(int n, int h, int w, int c, int o, double[] x, double[] weight)
    {
        var weights = new double[c * o][,];
        for (int i = 0; i < c * o; i++)
        {
            var g = new double[3, 3];
            for (int k = 0; k < 9; k++) g[k / 3, k % 3] = Math.Abs(weight[(k * c * o) + i]);
            weights[i] = Both(s_weight, g);
        }
        var result = new double[n * h * w * o];
        for (int tile = 0; tile < n * ((h + 3) / 4) * ((w + 3) / 4); tile++)
        {
            int across = (w + 3) / 4, down = (h + 3) / 4, image = tile / (across * down), top = tile / across % down * 4, left = tile % across * 4;
            var inputs = new double[c][,];
            for (int channel = 0; channel < c; channel++)
            {
                var d = new double[6, 6];
                for (int i = 0; i < 36; i++)
                {
                    int row = top - 1 + (i / 6), column = left - 1 + (i % 6);
                    if (row >= 0 && row < h && column >= 0 && column < w) d[i / 6, i % 6] = Math.Abs(x[(((((image * h) + row) * w) + column) * c) + channel]);
                }
                inputs[channel] = Both(s_input, d);
            }
            for (int output = 0; output < o; output++)
            {
                var products = new double[6, 6];
                for (int channel = 0; channel < c; channel++)
                {
                    var g = weights[(channel * o) + output];
                    for (int i = 0; i < 36; i++) products[i / 6, i % 6] += inputs[channel][i / 6, i % 6] * g[i / 6, i % 6];
                }
                var y = Both(s_output, products);
                for (int i = 0; i < 16; i++)
                {
                    int row = top + (i / 4), column = left + (i % 4);
                    if (row < h && column < w) result[(((((image * h) + row) * w) + column) * o) + output] = y[i / 4, i % 4];
                }
            }
        }
        return result;
    }

    /// <summary>
    /// The magnitude of each weight's gradient, [3, 3, C, O]: |G|ᵀ[Σ over tiles of (|A||dY||A|ᵀ) ⊙ (|B|ᵀ|d||B|)]|G|.
    /// </summary>
    public static double[] WeightMagnitude(int n, int h, int w, int c, int o, double[] x, double[] gradient)
    {
        int across = (w + 3) / 4, down = (h + 3) / 4;
        var sums = new double[c * o][,];
        for (int i = 0; i < c * o; i++) sums[i] = new double[6, 6];
        for (int tile = 0; tile < n * across * down; tile++)
        {
            int image = tile / (across * down), top = tile / across % down * 4, left = tile % across * 4;
            double[][,] inputs = Patches(x, c, 6, -1, s_input), gradients = Patches(gradient, o, 4, 0, Transposed(s_output));
            for (int i = 0; i < c * o; i++)
            {
                for (int k = 0; k < 36; k++) sums[i][k / 6, k % 6] += inputs[i / o][k / 6, k % 6] * gradients[i % o][k / 6, k % 6];
            }

            double[][,] Patches(double[] values, int channels, int side, int offset, double[,] transform) =>
            [
                .. Enumerable.Range(0, channels).Select(channel =>
                {
                    var d = new double[side, side];
                    for (int i = 0; i < side * side; i++)
                    {
                        int row = top + offset + (i / side), column = left + offset + (i % side);
                        if (row >= 0 && row < h && column >= 0 && column < w)
                            d[i / side, i % side] = Math.Abs(values[(((((image * h) + row) * w) + column) * channels) + channel]);
                    }
                    return Both(transform, d);
                }),
            ];
        }
        var result = new double[9 * c * o];
        for (int i = 0; i < c * o; i++)
        {
            var g = Both(Transposed(s_weight), sums[i]);
            for (int k = 0; k < 9; k++) result[(k * c * o) + i] = g[k / 3, k % 3];
        }
        return result;
    }

    private static double[,] Transposed(double[,] m)
    {
        var result = new double[m.GetLength(1), m.GetLength(0)];
        for (int i = 0; i < m.GetLength(0); i++)
        {
            for (int j = 0; j < m.GetLength(1); j++) result[j, i] = m[i, j];
        }
        return result;
    }

    /// <summary>t m tᵀ.</summary>
    private static double[,] Both(double[,] t, double[,] m)
    {
        int rows = t.GetLength(0), inner = t.GetLength(1);
        var result = new double[rows, rows];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < rows; j++)
            {
                for (int k = 0; k < inner; k++)
                {
                    for (int l = 0; l < inner; l++) result[i, j] += t[i, k] * m[k, l] * t[j, l];
                }
            }
        }
        return result;
    }
}
