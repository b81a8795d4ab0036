namespace Mmrr.Tests;

/// <summary>Matrix products, sums over axes and strided copies in float64, one element after the other.</summary>
internal static class MatrixReference
{
    /// <summary>y = a·b for each matrix, where a transposed factor is stored as its transpose.</summary>
    public static double[] Product(
        double[] a, double[] b, int matrices, int rows, int terms, int columns, bool leftTransposed = false, bool rightTransposed = false)
    {
        double[] y = new double[matrices * rows * columns];
        for (int at = 0; at < y.Length; at++)
        {
            int matrix = at / columns / rows, i = at / columns % rows, j = at % columns;
            int left = matrix * rows * terms, right = matrix * terms * columns;
            double sum = 0;
            for (int k = 0; k < terms; k++)
            {
                sum += a[left + (leftTransposed ? (k * rows) + i : (i * terms) + k)] * b[right + (rightTransposed ? (j * terms) + k : (k * columns) + j)];
            }
            y[at] = sum;
        }
        return y;
    }

    /// <summary>Sums over the middle axis of [outer, axis, inner].</summary>
    public static double[] Sum(double[] x, int outer, int axis, int inner)
    {
        double[] y = new double[outer * inner];
        for (int at = 0; at < x.Length; at++) y[(at / inner / axis * inner) + (at % inner)] += x[at];
        return y;
    }

    /// <summary>For each element of a shape, the place of its source, which lies so far apart along each axis.</summary>
    public static int[] Sources(int[] sizes, int[] strides)
    {
        int[] sources = new int[sizes.Aggregate(1, (count, size) => count * size)];
        for (int at = 0; at < sources.Length; at++)
        {
            for (int axis = sizes.Length - 1, rest = at; axis >= 0; rest /= sizes[axis--]) sources[at] += rest % sizes[axis] * strides[axis];
        }
        return sources;
    }

    /// <summary>How far apart neighbours lie along each axis of a dense tensor.</summary>
    public static int[] Strides(int[] sizes) => [.. sizes.Select((_, axis) => sizes[(axis + 1)..].Aggregate(1, (product, size) => product * size))];
}
