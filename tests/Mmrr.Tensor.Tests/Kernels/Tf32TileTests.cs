using Mmrr.Kernels;

namespace Mmrr.Tests;

/// <summary>The index maps of the TF32 kernels by themselves: from global memory to shared memory, to the fragments of m16n8k8, to the results.</summary>
public class Tf32TileTests(TestDevices devices)
{
    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void The_maps_give_a_plain_product(int tile)
    {
        // Small integers: every sum is exact.
        var random = new RandomInputs();
        int[,] a = Integers(random, tile), b = Integers(random, tile);
        using var scope = new DisposeScope();
        var device = devices.Get("simt");
        var sharedA = Tensor.From(device, new Shape(4 * Tf32Tile.SharedQuads128), new float[4 * Tf32Tile.SharedQuads128]).View.Cast<Float4>();
        var sharedB = Tensor.From(device, new Shape(4 * Tf32Tile.SharedQuads128), new float[4 * Tf32Tile.SharedQuads128]).View.Cast<Float4>();
        int lanes = Tf32Tile.Lanes(tile);
        for (int lane = 0; lane < lanes; lane++)
        {
            int row = Tf32Tile.FetchRow(lane), terms = 4 * Tf32Tile.FetchTermQuad(lane), at = Tf32Tile.SharedAt(lane / 32, lane);
            Tf32Tile.StoreA(sharedA, at, Square((i, j) => a[row + i, terms + j]));
            // One operand by rows of terms, the other by terms of rows.
            Tf32Tile.StoreB(sharedB, at, Tf32Tile.Square.Transposed(Square((i, j) => b[row + j, terms + i])));
        }
        float[,] product = new float[tile, tile];
        for (int first = 0; first < lanes; first += 32)
        {
            for (int i = 0; i < 2; i++)
            {
                for (int j = 0; j < (tile == 128 ? 2 : 1); j++) Multiply(first, i, j);
            }
        }
        for (int row = 0; row < tile; row++)
        {
            for (int column = 0; column < tile; column++)
                Assert.Equal(Enumerable.Range(0, Tf32Tile.Depth).Sum(k => a[row, k] * b[column, k]), product[row, column]);
        }

        // One warp, one group of rows by one of columns: 2 × 4 products, each two deep.
        void Multiply(int first, int rowGroup, int columnGroup)
        {
            var squaresA = Loaded(sharedA, first, lane => Tf32Tile.RowGroup(tile, lane) + rowGroup);
            var squaresB = Loaded(sharedB, first, lane => Tf32Tile.ColumnGroup(tile, lane) + columnGroup);
            for (int m = 0; m < 2; m++)
            {
                for (int n = 0; n < 4; n++)
                {
                    float[,] c = new float[16, 8];
                    for (int deep = 0; deep < 2; deep++)
                    {
                        float[,] fragmentA = new float[16, 8], fragmentB = new float[8, 8];
                        for (int lane = 0; lane < 32; lane++)
                        {
                            // PTX ISA, m16n8k8 with .tf32: a0 (g, t), a1 (g + 8, t), a2 (g, t + 4), a3 (g + 8, t + 4); b0 (t, g), b1 (t + 4, g).
                            int g = lane / 4, t = lane % 4;
                            var quad = Quad(squaresA[lane], (2 * m) + deep);
                            (fragmentA[g, t], fragmentA[g + 8, t], fragmentA[g, t + 4], fragmentA[g + 8, t + 4]) = (quad.X, quad.Y, quad.Z, quad.W);
                            var column = Quad(squaresB[lane], n);
                            (fragmentB[t, g], fragmentB[t + 4, g]) = deep == 0 ? (column.X, column.Y) : (column.Z, column.W);
                        }
                        for (int i = 0; i < 16; i++)
                        {
                            for (int j = 0; j < 8; j++)
                            {
                                for (int k = 0; k < 8; k++) c[i, j] += fragmentA[i, k] * fragmentB[k, j];
                            }
                        }
                    }
                    for (int lane = 0; lane < 32; lane++)
                    {
                        // c0 (g, 2·t), c1 (g, 2·t + 1), c2 (g + 8, 2·t), c3 (g + 8, 2·t + 1).
                        int g = lane / 4, t = lane % 4, row = Tf32Tile.Row(tile, first + lane) + (32 * rowGroup) + (2 * m),
                            column = Tf32Tile.Column(tile, first + lane) + (32 * columnGroup) + n;
                        Assert.Equal(0f, product[row, column]); // not yet written
                        (product[row, column], product[row, column + 16]) = (c[g, 2 * t], c[g, (2 * t) + 1]);
                        (product[row + 1, column], product[row + 1, column + 16]) = (c[g + 8, 2 * t], c[g + 8, (2 * t) + 1]);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    public void No_bank_of_shared_memory_is_met_twice(int tile)
    {
        for (int warp = 0; warp < Tf32Tile.Lanes(tile) / 32; warp++)
        {
            // An access of 16 bytes a lane is carried out for eight lanes at a time, over 32 banks of 4 bytes: eight quads of different remainders.
            foreach (Func<int, int> at in new Func<int, int>[]
            {
                lane => Tf32Tile.SharedAt(lane / 32, lane),
                lane => Tf32Tile.SharedAt(Tf32Tile.RowGroup(tile, lane), lane),
                lane => Tf32Tile.SharedAt(Tf32Tile.ColumnGroup(tile, lane), lane),
            })
            {
                for (int first = 32 * warp; first < 32 * (warp + 1); first += 8)
                    Assert.Equal(8, Enumerable.Range(first, 8).Select(lane => at(lane) % 8).Distinct().Count());
            }
        }
    }

    private static int[,] Integers(RandomInputs random, int rows)
    {
        int[,] values = new int[rows, Tf32Tile.Depth];
        for (int i = 0; i < values.Length; i++) values[i / Tf32Tile.Depth, i % Tf32Tile.Depth] = (int)(random.Bits() % 15) + 1;
        return values;
    }

    private static Tf32Tile.Square Square(Func<int, int, float> value)
    {
        Float4 Quad(int i) => Float4.Of(value(i, 0), value(i, 1), value(i, 2), value(i, 3));
        return new Tf32Tile.Square { Q0 = Quad(0), Q1 = Quad(1), Q2 = Quad(2), Q3 = Quad(3) };
    }

    // What the product sees: the low 13 bits, where the half of the last place went, cut off.
    private static Tf32Tile.Square[] Loaded(ILGPU.ArrayView<Float4> shared, int first, Func<int, int> group) =>
        [.. Enumerable.Range(first, 32).Select(lane => Cut(Tf32Tile.Load(shared, Tf32Tile.SharedAt(group(lane), lane))))];

    private static Tf32Tile.Square Cut(Tf32Tile.Square s) =>
        Square((i, j) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(Float4.At(Quad(s, i), j)) & 0xFFFFE000));

    private static Float4 Quad(Tf32Tile.Square s, int i) => i == 0 ? s.Q0 : i == 1 ? s.Q1 : i == 2 ? s.Q2 : s.Q3;
}
