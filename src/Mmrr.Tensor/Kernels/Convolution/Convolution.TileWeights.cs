using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <content>The tiled GPU kernels of the weight gradient and the bias gradient, and the sums over their shares.</content>
public static partial class Convolution
{
    /// <summary>
    /// dw[(tap, c), O] = Σ over the output pixels p of x[pixel of p under the tap, c] · dy[p, O]: a product in blocks of 128 × 128, the terms are pixels. Both
    /// operands lie as shared memory wants them. Grid: (blocks of rows (tap, c), blocks of O, shares of the pixels); each share has a copy of dw.
    /// 2·N·OH·OW operations a result; bytes beyond the caches 4·(x + y + shares·w).
    /// </summary>
    [SimtKernel(GroupSize = 256, MinGroups = 1)]
    private static void BackwardWeightTile128Kernel(ArrayView<float> x, ArrayView<float> outputGradient, Geometry g, TileSweep rows, int shares, ArrayView<float> weightGradient)
    {
        var a = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var b = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads128);
        var sums = Correlate(128, a, b, x, outputGradient, g, shares);
        StoreTile(128, sums, rows, g.Outputs, weightGradient, 0, weightGradient, 0, weightGradient);
    }

    /// <summary>The same in blocks of 64 × 64, for few channels.</summary>
    [SimtKernel(GroupSize = 64, MinGroups = 6)]
    private static void BackwardWeightTile64Kernel(ArrayView<float> x, ArrayView<float> outputGradient, Geometry g, TileSweep rows, int shares, ArrayView<float> weightGradient)
    {
        var a = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var b = SharedMemory.Allocate<Float4>(TileProduct.SharedQuads64);
        var sums = Correlate(64, a, b, x, outputGradient, g, shares);
        StoreTile(64, sums, rows, g.Outputs, weightGradient, 0, weightGradient, 0, weightGradient);
    }

    /// <summary>The sums of this thread over one share of the pixels. A thread fetches, for its tap and quad of channels, one pixel in every 8 (tile 64: 4).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TileProduct.Sums Correlate(
        int tile, ArrayView<Float4> a, ArrayView<Float4> b, ArrayView<float> x, ArrayView<float> outputGradient, Geometry g, int shares)
    {
        ArrayView<Float4> x4 = x.Cast<Float4>(), gradient4 = outputGradient.Cast<Float4>();
        int lane = Group.IdxX, quads = tile / 4, pitch = TileProduct.Pitch(tile);
        int term = tile == 128 ? lane >> 5 : lane >> 4, column = lane & (quads - 1), store = (term * pitch) + column;
        int readA = TileProduct.Row(tile) >> 2, readB = TileProduct.Column(tile) >> 2, buffer = 0;

        int row = (Grid.IdxX * tile) + (4 * column), tap = row / g.Channels;
        int channelQuad = (row - (tap * g.Channels)) >> 2, down = (tap / g.Kernel) - (g.Kernel / 2), right = (tap % g.Kernel) - (g.Kernel / 2);
        if (tap >= g.Kernel * g.Kernel) down = -(1 << 30); // no such row: above every image
        int outputQuads = g.Outputs >> 2, outputQuad = (Grid.IdxY * quads) + column, images = outputQuad < outputQuads ? g.Images : 0;

        // The pixels of a share are whole steps; the last step of all is filled up with zeros.
        int pixels = g.Images * g.OutputHeight * g.OutputWidth, steps = (pixels + TileProduct.Depth - 1) / TileProduct.Depth;
        int step = (int)((long)steps * Grid.IdxZ / shares), end = (int)((long)steps * (Grid.IdxZ + 1) / shares);
        int pixel = (step * TileProduct.Depth) + term, distance = tile == 128 ? 8 : 4, gradientAt = (pixel * outputQuads) + outputQuad;
        var at = PixelWalk.To(g, pixel);
        var stride = PixelWalk.To(g, distance);

        var sums = default(TileProduct.Sums);
        Float4 a0 = default, a1 = default, b0 = default, b1 = default;
        // The first round only fetches: nothing lies in shared memory yet.
        for (int round = step; round <= end; round++)
        {
            if (round > step)
            {
                a[buffer + store] = a0;
                b[buffer + store] = b0;
                if (tile == 64)
                {
                    a[buffer + store + (4 * pitch)] = a1;
                    b[buffer + store + (4 * pitch)] = b1;
                }
                Group.Barrier();
            }
            a0 = FetchPixel(x4, g, at, down, right, channelQuad);
            b0 = FetchColumns(gradient4, gradientAt, at.Image, images);
            at = PixelWalk.Advance(g, at, stride);
            gradientAt += distance * outputQuads;
            if (tile == 64)
            {
                a1 = FetchPixel(x4, g, at, down, right, channelQuad);
                b1 = FetchColumns(gradient4, gradientAt, at.Image, images);
                at = PixelWalk.Advance(g, at, stride);
                gradientAt += distance * outputQuads;
            }
            if (round > step)
            {
                sums = TileProduct.Step(sums, tile, a, buffer + readA, b, buffer + readB);
                buffer = (TileProduct.Depth * pitch) - buffer;
            }
        }
        return sums;
    }

    /// <summary>Four channels of x where the output pixel <paramref name="at"/> meets a tap; zeros outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Float4 FetchPixel(ArrayView<Float4> x, Geometry g, PixelWalk at, int down, int right, int quad)
    {
        var value = default(Float4);
        int h = (at.Row * g.Stride) + down, w = (at.Column * g.Stride) + right;
        if (at.Image < g.Images & h >= 0 & h < g.Height & w >= 0 & w < g.Width) value = x[(((((at.Image * g.Height) + h) * g.Width) + w) * (g.Channels >> 2)) + quad];
        return value;
    }

    /// <summary>An output pixel as (image, row, column); or a distance between two, so that to go on takes no division.</summary>
    private struct PixelWalk
    {
        public int Image, Row, Column;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static PixelWalk To(Geometry g, int pixel)
        {
            PixelWalk walk;
            int perImage = g.OutputHeight * g.OutputWidth;
            walk.Image = pixel / perImage;
            int within = pixel - (walk.Image * perImage);
            walk.Row = within / g.OutputWidth;
            walk.Column = within - (walk.Row * g.OutputWidth);
            return walk;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static PixelWalk Advance(Geometry g, PixelWalk at, PixelWalk by)
        {
            at.Image += by.Image;
            at.Row += by.Row;
            at.Column += by.Column;
            if (at.Column >= g.OutputWidth)
            {
                at.Column -= g.OutputWidth;
                at.Row++;
            }
            if (at.Row >= g.OutputHeight)
            {
                at.Row -= g.OutputHeight;
                at.Image++;
            }
            return at;
        }
    }

    /// <summary>
    /// Thread: one quad of the result: the shares' quads in order, bias and residual. shares additions a float; 4·(shares + 1 (+ 1)) bytes a float.
    /// </summary>
    [SimtKernel]
    private static void SumSharesKernel(
        ArrayView<float> partial, int shares, ArrayView<float> bias, int biasQuads, ArrayView<float> residual, int hasResidual, int quads, ArrayView<float> output)
    {
        ArrayView<Float4> partial4 = partial.Cast<Float4>(), bias4 = bias.Cast<Float4>(), residual4 = residual.Cast<Float4>(), output4 = output.Cast<Float4>();
        for (int index = (Grid.IdxX * Group.DimX) + Group.IdxX; index < quads; index += Grid.DimX * Group.DimX)
        {
            var sum = partial4[index];
            for (int share = 1; share < shares; share++) sum = Float4.Add(sum, partial4[(share * quads) + index]);
            if (biasQuads != 0) sum = Float4.Add(sum, bias4[index % biasQuads]);
            if (hasResidual != 0) sum = Float4.Add(sum, residual4[index]);
            output4[index] = sum;
        }
    }
}
