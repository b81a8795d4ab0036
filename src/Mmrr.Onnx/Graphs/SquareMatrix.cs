using Mmrr.Nn;

namespace Mmrr.Onnx.Graphs;

/// <summary>Linear maps of the rows (or columns) of an image as matrices, row-major.</summary>
internal static class SquareMatrix
{
    /// <summary>Weighted sums of neighbours; an image is reflected beyond its border. [size, size].</summary>
    /// <param name="weights">An odd number, the middle one for the place itself.</param>
    /// <param name="size">Of the image.</param>
    public static float[] Smoothing(ReadOnlySpan<float> weights, int size)
    {
        var matrix = new float[size * size];
        for (int place = 0; place < size; place++)
        {
            for (int k = 0; k < weights.Length; k++) matrix[(place * size) + TileAxis.Reflect(place + k - (weights.Length / 2), size)] += weights[k];
        }
        return matrix;
    }

    /// <summary>Means of the cells of a coarser grid, those of <see cref="CoarseGrid"/>. [side, size].</summary>
    public static float[] Averages(int size, int side)
    {
        var matrix = new float[side * size];
        for (int cell = 0; cell < side; cell++)
        {
            int first = cell * size / side, end = (cell + 1) * size / side;
            matrix.AsSpan((cell * size) + first, end - first).Fill(1f / (end - first));
        }
        return matrix;
    }

    /// <summary>Central differences, 0 at both ends. [size, size].</summary>
    public static float[] Differences(int size)
    {
        var matrix = new float[size * size];
        for (int place = 1; place < size - 1; place++) (matrix[(place * size) + place - 1], matrix[(place * size) + place + 1]) = (-1, 1);
        return matrix;
    }

    /// <summary>[rows, columns] to [columns, rows].</summary>
    public static float[] Transposed(float[] matrix, int rows, int columns)
    {
        var result = new float[matrix.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) result[(column * rows) + row] = matrix[(row * columns) + column];
        }
        return result;
    }
}
