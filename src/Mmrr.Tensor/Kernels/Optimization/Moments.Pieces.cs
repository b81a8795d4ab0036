using ILGPU.Runtime;

namespace Mmrr.Kernels;

public static unsafe partial class Moments
{
    // A unit of work; parameters are split into pieces of at most this many values.
    private const int PieceLength = 16 * 1024;

    private static Piece[] Cut(IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states)
    {
        var pieces = new List<Piece>();
        foreach (var (parameter, gradient, first, second) in states)
        {
            long p = parameter.View.LoadEffectiveAddressAsPtr(), g = gradient.View.LoadEffectiveAddressAsPtr();
            long m = first.View.LoadEffectiveAddressAsPtr(), v = second.View.LoadEffectiveAddressAsPtr();
            for (int begin = 0; begin < parameter.Count; begin += PieceLength)
            {
                long bytes = 4L * begin;
                pieces.Add(new Piece(p + bytes, g + bytes, m + bytes, v + bytes, Math.Min(PieceLength, parameter.Count - begin)));
            }
        }
        return [.. pieces];
    }

    /// <summary>The same position in the four arrays, as addresses in the device's memory, each a multiple of 16 bytes.</summary>
    internal readonly record struct Piece(long Parameter, long Gradient, long FirstMoment, long SecondMoment, int Count);
}
