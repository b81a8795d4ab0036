namespace Mmrr.Tests;

/// <summary>Sizes of a convolution with padding K/2: x [N, H, W, C], weight [K, K, C, O], output [N, OH, OW, O].</summary>
internal sealed record ConvolutionSizes(int N, int H, int W, int C, int O, int K, int Stride)
{
    public ConvolutionSizes(int[] s)
        : this(s[0], s[1], s[2], s[3], s[4], s[5], s[6])
    {
    }

    public int OH => ((H + (2 * (K / 2)) - K) / Stride) + 1;

    public int OW => ((W + (2 * (K / 2)) - K) / Stride) + 1;

    public Shape X => new(N, H, W, C);

    public Shape Weight => new(K, K, C, O);

    public Shape Bias => new(O);

    public Shape Output => new(N, OH, OW, O);
}

/// <summary>Convolution by its definition.</summary>
internal static class ConvolutionReference
{
    public static double[] Forward(ConvolutionSizes s, double[] x, double[] weight, double[]? bias, double[]? residual)
    {
        double[] output = new double[s.Output.Count];
        for (int i = 0; i < output.Length; i++) output[i] = (bias?[i % s.O] ?? 0) + (residual?[i] ?? 0);
        ForEachTap(s, (atX, atWeight, atOutput) =>
        {
            for (int c = 0; c < s.C; c++)
            {
                double value = x[atX + c];
                int row = atWeight + (c * s.O);
                for (int o = 0; o < s.O; o++) output[atOutput + o] += value * weight[row + o];
            }
        });
        return output;
    }

    public static double[] BackwardData(ConvolutionSizes s, double[] outputGradient, double[] weight)
    {
        double[] gradient = new double[s.X.Count];
        ForEachTap(s, (atX, atWeight, atOutput) =>
        {
            for (int c = 0; c < s.C; c++)
            {
                double sum = 0;
                int row = atWeight + (c * s.O);
                for (int o = 0; o < s.O; o++) sum += outputGradient[atOutput + o] * weight[row + o];
                gradient[atX + c] += sum;
            }
        });
        return gradient;
    }

    public static double[] BackwardWeight(ConvolutionSizes s, double[] x, double[] outputGradient)
    {
        double[] gradient = new double[s.Weight.Count];
        ForEachTap(s, (atX, atWeight, atOutput) =>
        {
            for (int c = 0; c < s.C; c++)
            {
                double value = x[atX + c];
                int row = atWeight + (c * s.O);
                for (int o = 0; o < s.O; o++) gradient[row + o] += value * outputGradient[atOutput + o];
            }
        });
        return gradient;
    }

    public static double[] BackwardBias(ConvolutionSizes s, double[] outputGradient)
    {
        double[] gradient = new double[s.O];
        for (int i = 0; i < outputGradient.Length; i++) gradient[i % s.O] += outputGradient[i];
        return gradient;
    }

    /// <summary>Visits each output pixel with each tap of the kernel that falls inside the image, as offsets of x, weight and output.</summary>
    private static void ForEachTap(ConvolutionSizes s, Action<int, int, int> visit)
    {
        for (int n = 0; n < s.N; n++)
            for (int oy = 0; oy < s.OH; oy++)
                for (int ox = 0; ox < s.OW; ox++)
                    for (int ky = 0; ky < s.K; ky++)
                        for (int kx = 0; kx < s.K; kx++)
                        {
                            int y = (oy * s.Stride) + ky - (s.K / 2), x = (ox * s.Stride) + kx - (s.K / 2);
                            if (y < 0 || y >= s.H || x < 0 || x >= s.W) continue;
                            visit(((((n * s.H) + y) * s.W) + x) * s.C, ((ky * s.K) + kx) * s.C * s.O, ((((n * s.OH) + oy) * s.OW) + ox) * s.O);
                        }
    }
}
