using System.Runtime.CompilerServices;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The iteration of the tiled weight gradients over the output pixels, all images as one sequence, in moves of <see cref="Distance"/> pixels. A thread
/// keeps the position of its tap in x at the current pixel (<see cref="Place"/>); a move adds values precomputed by the host: no division, and nothing that
/// a compiler could move back into the loop.
/// </summary>
internal struct PixelSweep
{
    /// <summary>N·OH·OW output pixels of OH × OW; x is [N, Height, Width, 4·ChannelQuads], dy [N, OH, OW, 4·OutputQuads].</summary>
    public int Pixels, Rows, Columns, Height, Width, Stride, Kernel, ChannelQuads, OutputQuads;

    /// <summary>Quads of dy.</summary>
    public int GradientQuads;

    /// <summary>A move, in output pixels; the same in rows and columns of x, and in quads of x.</summary>
    public int Distance, Down, Right, Quads;

    /// <summary>The correction when a move crosses the end of a row of output pixels or of an image: rows and columns of x, quads of x.</summary>
    public int RowWidth, RowQuads, ImageHeight, ImageQuads;

    public static PixelSweep Of(in Convolution.Geometry g, int distance)
    {
        PixelSweep s;
        s.Pixels = g.Images * g.OutputHeight * g.OutputWidth;
        s.Rows = g.OutputHeight;
        s.Columns = g.OutputWidth;
        s.Height = g.Height;
        s.Width = g.Width;
        s.Stride = g.Stride;
        s.Kernel = g.Kernel;
        s.ChannelQuads = g.Channels / 4;
        s.OutputQuads = g.Outputs / 4;
        s.GradientQuads = s.Pixels * s.OutputQuads;
        s.Distance = distance;
        int perImage = g.OutputHeight * g.OutputWidth;
        s.Down = distance % perImage / g.OutputWidth * g.Stride;
        s.Right = distance % g.OutputWidth * g.Stride;
        s.Quads = ((((distance / perImage * g.Height) + s.Down) * g.Width) + s.Right) * s.ChannelQuads;
        s.RowWidth = g.OutputWidth * g.Stride;
        s.RowQuads = ((g.Stride * g.Width) - s.RowWidth) * s.ChannelQuads;
        s.ImageHeight = g.OutputHeight * g.Stride;
        s.ImageQuads = (g.Height - s.ImageHeight) * g.Width * s.ChannelQuads;
        return s;
    }

    /// <summary>The position in x of the row (tap, channel) of dw, a multiple of four, at an output pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place PlaceOf(int row, int pixel)
    {
        Place place;
        int channels = 4 * ChannelQuads, tap = row / channels, image = pixel / (Rows * Columns),
            within = pixel - (image * Rows * Columns), i = within / Columns;
        int down = (tap / Kernel) - (Kernel / 2), right = (tap % Kernel) - (Kernel / 2);
        place.H = (i * Stride) + down;
        place.W = ((within - (i * Columns)) * Stride) + right;
        place.At = (((((image * Height) + place.H) * Width) + place.W) * ChannelQuads) + ((row - (tap * channels)) >> 2);
        place.LastH = ImageHeight + down;
        place.LastW = RowWidth + right;
        if (tap >= Kernel * Kernel) place.H = -(1 << 30); // no such row of dw: above every image
        return place;
    }

    /// <summary>The quad of dy of an output pixel; past the last quad of outputs, that last quad, and the results are not stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int GradientOf(int pixel, int quad) => (pixel * OutputQuads) + IntrinsicMath.Min(quad, OutputQuads - 1);

    /// <summary>Whether x has a pixel there, 1 or 0; 0 past the last output pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Has(Place at, bool within) => within & at.H >= 0 & at.H < Height & at.W >= 0 & at.W < Width ? 1 : 0;

    /// <summary>Advances by one move.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Place Next(Place at)
    {
        at.H += Down;
        at.W += Right;
        at.At += Quads;
        if (at.W >= at.LastW)
        {
            at.W -= RowWidth;
            at.H += Stride;
            at.At += RowQuads;
        }
        if (at.H >= at.LastH)
        {
            at.H -= ImageHeight;
            at.At += ImageQuads;
        }
        return at;
    }

    /// <summary>The row and column of x under the tap, and the quad there; the row and column of x at which the tap passes the last output pixel.</summary>
    internal struct Place
    {
        public int H, W, At, LastH, LastW;
    }
}
