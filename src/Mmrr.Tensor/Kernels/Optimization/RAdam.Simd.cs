using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class RAdam
{
    // A unit of work; parameters are cut into pieces of at most so many values.
    private const int PieceLength = 16 * 1024;

    private static void EnqueueUpdate(
        Device device, string operation, IReadOnlyList<(Tensor Parameter, Tensor Gradient, Tensor FirstMoment, Tensor SecondMoment)> states, Rates rates)
    {
        var pieces = new List<Piece>();
        foreach (var (parameter, gradient, first, second) in states)
        {
            for (int begin = 0; begin < parameter.Count; begin += PieceLength)
            {
                pieces.Add(new Piece(
                    parameter.Pointer + begin, gradient.Pointer + begin, first.Pointer + begin, second.Pointer + begin, Math.Min(PieceLength, parameter.Count - begin)));
            }
        }
        var units = pieces.ToArray();
        device.Enqueue(operation, worker =>
        {
            int unit;
            while ((unit = worker.Take()) < units.Length) UpdatePiece(units[unit], rates);
        });
    }

    private static void UpdatePiece(in Piece piece, in Rates rates)
    {
        float* theta = piece.Parameter, g = piece.Gradient, m = piece.First, v = piece.Second;
        int i = 0;
        for (; i <= piece.Count - Lanes.Width; i += Lanes.Width)
        {
            Vector512<float> first = Vector512.Load(m + i), second = Vector512.Load(v + i);
            var step = Step(Vector512.Load(g + i), ref first, ref second, rates);
            first.Store(m + i);
            second.Store(v + i);
            (Vector512.Load(theta + i) - step).Store(theta + i);
        }
        int rest = piece.Count - i;
        if (rest > 0)
        {
            Vector512<float> first = Lanes.Load(m + i, rest), second = Lanes.Load(v + i, rest);
            var step = Step(Lanes.Load(g + i, rest), ref first, ref second, rates);
            Lanes.Store(first, m + i, rest);
            Lanes.Store(second, v + i, rest);
            Lanes.Store(Lanes.Load(theta + i, rest) - step, theta + i, rest);
        }
    }

    /// <summary>Moves the moments on and returns what to subtract from the parameter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Step(Vector512<float> gradient, ref Vector512<float> first, ref Vector512<float> second, in Rates rates)
    {
        first += (gradient - first) * rates.Weight1;
        second += ((gradient * gradient) - second) * rates.Weight2;
        return rates.Rectified != 0 ? first * rates.Size / (Vector512.Sqrt(second) + Vector512.Create(rates.Epsilon)) : first * rates.Size;
    }

    /// <summary>The same place in the four arrays.</summary>
    private readonly struct Piece(float* parameter, float* gradient, float* first, float* second, int count)
    {
        public readonly float* Parameter = parameter;
        public readonly float* Gradient = gradient;
        public readonly float* First = first;
        public readonly float* Second = second;
        public readonly int Count = count;
    }
}
