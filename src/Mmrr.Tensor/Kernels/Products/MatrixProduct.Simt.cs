using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>The GPU entry for several matrices, and for a single one whose sizes the tiled convolution does not take.</content>
public static partial class MatrixProduct
{
    // Side of a tile. A row of the left tile is one longer in shared memory, so that a column of it lies in different banks.
    private const int Side = 16, Pitch = Side + 1;

    private static void ForwardSimt(SimtLaunch simt, in Sizes sizes, in Form form, Tensor a, Tensor b, Tensor? bias, Tensor output)
    {
        if (!sizes.IsOneInFours)
        {
            Run(simt, form, a, b, bias, output);
            return;
        }
        using Tensor images = a.Share(sizes.LeftImage), weights = b.Share(sizes.Weights), results = output.Share(sizes.OutputImage);
        Convolution.ForwardSimt(simt, images, weights, bias, null, sizes.OneByOne, results);
    }

    private static void BackwardLeftSimt(SimtLaunch simt, in Sizes sizes, in Form form, Tensor outputGradient, Tensor b, Tensor leftGradient)
    {
        if (!sizes.IsOneInFours)
        {
            Run(simt, form, outputGradient, b, null, leftGradient);
            return;
        }
        using Tensor gradients = outputGradient.Share(sizes.OutputImage), weights = b.Share(sizes.Weights), results = leftGradient.Share(sizes.LeftImage);
        Convolution.BackwardDataSimt(simt, gradients, weights, sizes.OneByOne, results);
    }

    // The weight gradient of any sizes divides long sums among groups.
    private static void BackwardRightSimt(SimtLaunch simt, in Sizes sizes, in Form form, Tensor a, Tensor outputGradient, Tensor rightGradient)
    {
        if (sizes.Batch != 1)
        {
            Run(simt, form, a, outputGradient, null, rightGradient);
            return;
        }
        using Tensor images = a.Share(sizes.LeftImage), gradients = outputGradient.Share(sizes.OutputImage), results = rightGradient.Share(sizes.Weights);
        Convolution.BackwardWeightSimt(simt, images, gradients, sizes.OneByOne, results, null);
    }

    private static void Run(SimtLaunch simt, in Form form, Tensor left, Tensor right, Tensor? bias, Tensor output)
    {
        int lanes = output.Device.GroupLanes, width = Math.Min(Side, lanes), height = lanes / width;
        int rowTiles = (form.Rows + height - 1) / height, columnTiles = (form.Columns + width - 1) / width;
        simt.Run(
            SimtGrid.Groups(form.Batch * rowTiles * columnTiles), TileKernel,
            new Arguments
            {
                Left = left.View,
                Right = right.View,
                Bias = (bias ?? left).View,
                Output = output.View,
                HasBias = bias is null ? 0 : 1,
                Rows = form.Rows,
                Terms = form.Terms,
                Columns = form.Columns,
                RowTiles = rowTiles,
                ColumnTiles = columnTiles,
                LeftTransposed = form.LeftTransposed ? 1 : 0,
                RightTransposed = form.RightTransposed ? 1 : 0,
            });
    }

    // Group: a tile of results of one matrix, 16 × 16 with 256 threads; thread: one result. For every 16 terms the group copies a tile of each factor to
    // shared memory, neighbouring threads reading neighbouring addresses, whichever way the factor is stored. 32 operations for each 8 bytes that a thread
    // reads from shared memory 16 times; each factor is read once for every 16 rows or columns of results.
    [SimtKernel]
    private static void TileKernel(Arguments a)
    {
        var left = SharedMemory.Allocate<float>(Side * Pitch);
        var right = SharedMemory.Allocate<float>(Side * Pitch);
        int lane = Group.IdxX, width = Math.Min(Side, Group.DimX), height = Group.DimX / width;
        int tile = Grid.IdxX, tiles = a.RowTiles * a.ColumnTiles, matrix = tile / tiles, within = tile - (matrix * tiles);
        int rowTile = within / a.ColumnTiles, firstRow = rowTile * height, firstColumn = (within - (rowTile * a.ColumnTiles)) * width;
        int i = lane / width, j = lane - (i * width), row = firstRow + i, column = firstColumn + j;
        int leftAt = matrix * a.Rows * a.Terms, rightAt = matrix * a.Terms * a.Columns;
        float sum = 0;
        for (int term = 0; term < a.Terms; term += Side)
        {
            Copy(a.Left, leftAt, a.Rows, a.Terms, firstRow, term, height, a.LeftTransposed, left);
            // The right factor's columns are the rows of its transpose.
            Copy(a.Right, rightAt, a.Columns, a.Terms, firstColumn, term, width, 1 - a.RightTransposed, right);
            Group.Barrier();
            for (int k = 0; k < Side; k++) sum += left[(i * Pitch) + k] * right[(j * Pitch) + k];
            Group.Barrier();
        }
        if (row < a.Rows & column < a.Columns)
        {
            if (a.HasBias != 0) sum += a.Bias[column];
            a.Output[(((matrix * a.Rows) + row) * a.Columns) + column] = sum;
        }
    }

    /// <summary>
    /// Copies 16 terms of <paramref name="count"/> rows of a matrix [rows, terms], or [terms, rows] if it is transposed; zeros outside it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(
        ArrayView<float> matrix, int at, int rows, int terms, int firstRow, int firstTerm, int count, int transposed, ArrayView<float> shared)
    {
        for (int e = Group.IdxX; e < count * Side; e += Group.DimX)
        {
            int line = transposed != 0 ? e / count : e / Side, rest = transposed != 0 ? e - (line * count) : e - (line * Side);
            int i = transposed != 0 ? rest : line, k = transposed != 0 ? line : rest;
            int row = firstRow + i, term = firstTerm + k;
            float value = 0;
            if (row < rows & term < terms) value = matrix[at + (transposed != 0 ? (term * rows) + row : (row * terms) + term)];
            shared[(i * Pitch) + k] = value;
        }
    }

    /// <summary>The factors, the output, their sizes and the number of tiles of a matrix.</summary>
    internal struct Arguments
    {
        public ArrayView<float> Left, Right, Bias, Output;
        public int HasBias, Rows, Terms, Columns, RowTiles, ColumnTiles, LeftTransposed, RightTransposed;
    }
}
