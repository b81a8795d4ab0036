namespace Mmrr.Tests;

/// <summary>Pooling of images [N, H, W, C] without padding, with windows of Kernel × Kernel pixels and a stride, as plain loops.</summary>
internal sealed record PoolReference(Shape Images, int KernelHeight, int KernelWidth, int Stride)
{
    public Shape Output => new(Images[0], ((Images[1] - KernelHeight) / Stride) + 1, ((Images[2] - KernelWidth) / Stride) + 1, Images[3]);

    /// <summary>The elements of the image in the window of element <paramref name="at"/> of the output, row by row.</summary>
    public int[] Window(int at)
    {
        int c = at % Output[3], j = at / Output[3] % Output[2], i = at / Output[3] / Output[2] % Output[1], n = at / Output[3] / Output[2] / Output[1];
        return
        [
            .. from row in Enumerable.Range(i * Stride, KernelHeight)
               from column in Enumerable.Range(j * Stride, KernelWidth)
               select (((((n * Images[1]) + row) * Images[2]) + column) * Images[3]) + c,
        ];
    }

    /// <summary>For each element of the output the first of its window that is largest, or not a number.</summary>
    public int[] FirstMaxima(double[] x)
    {
        return [.. Enumerable.Range(0, Output.Count).Select(at => Window(at).Aggregate((best, i) => x[i] > x[best] || (IsNaN(i) && !IsNaN(best)) ? i : best))];

        bool IsNaN(int i) => double.IsNaN(x[i]);
    }

    public double[] Average(double[] x) => [.. Enumerable.Range(0, Output.Count).Select(at => Window(at).Average(i => x[i]))];

    public double[] AverageGradient(double[] g)
    {
        double[] dx = new double[Images.Count];
        for (int at = 0; at < g.Length; at++)
        {
            foreach (int i in Window(at)) dx[i] += g[at] / (KernelHeight * KernelWidth);
        }
        return dx;
    }
}
