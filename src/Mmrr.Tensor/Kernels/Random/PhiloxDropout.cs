using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Dropout as in training (Srivastava et al. 2014), with the scale of PyTorch: an element is 0 with probability p, else 1/(1 − p) times itself. Element i is
/// dropped where number i of a stream of <see cref="Philox"/> is below p: the same elements on all devices, and again with the same seed and stream, so that
/// backward is the same operation on the gradient and nothing is stored. 8 bytes and about 20 integer operations per element.
/// </summary>
public static unsafe class PhiloxDropout
{
    /// <summary>output[i] = 0 where uᵢ &lt; p, else x[i]/(1 − p), with number i of the stream uᵢ in [0, 1).</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="probability">p, from 0 to below 1.</param>
    /// <param name="seed">Philox's key.</param>
    /// <param name="stream">The upper half of Philox's counter: another one for each layer and step.</param>
    /// <param name="output">Shaped like x.</param>
    /// <exception cref="ArgumentException">The probability is out of range, the shapes or devices differ, or the buffer is the same.</exception>
    public static void Apply(Tensor x, float probability, ulong seed, ulong stream, Tensor output)
    {
        const string Operation = "PhiloxDropout.Apply";
        ArgumentNullException.ThrowIfNull(x);
        CheckProbability(Operation, probability);
        var draw = new Draw { Seed = seed, Stream = stream, Probability = probability, Scale = (float)(1 / (1 - (double)probability)) };
        Kernel.Run(
            Operation, [("x", x)], [("output", output, x.Shape)],
            simd => ApplySimd(simd, x, output, draw),
            simt => simt.Run(
                QuadWalk.Grid(x.Device, x.Count), ApplyKernel, new Arguments { X = x.View, Output = output.View, Draw = draw, Count = x.Count }),
            operations: 2.0 * x.Count);
    }

    /// <summary>Checks that the probability lies in [0, 1).</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    internal static void CheckProbability(string operation, float probability)
    {
        if (!(probability >= 0 && probability < 1)) throw new ArgumentException($"{operation}: probability is {probability}, expected 0 to below 1");
    }

    // A worker draws the numbers of a piece into the output, where they are still in the L1 cache when the results replace them.
    private static void ApplySimd(SimdLaunch simd, Tensor input, Tensor output, Draw draw)
    {
        float* x = input.Pointer, y = output.Pointer;
        int count = input.Count;
        simd.Run(worker =>
        {
            var (begin, stop) = worker.Share(count, Lanes.Grain);
            for (; begin < stop; begin += Lanes.Grain)
            {
                int end = Math.Min(stop, begin + Lanes.Grain);
                PhiloxUniform.Units(draw.Seed, draw.Stream, count, y, begin, end);
                for (int i = begin; i < end; i += Lanes.Width)
                {
                    var dropped = Vector512.LessThan(Lanes.LoadUpTo(y + i, end - i), Vector512.Create(draw.Probability));
                    Lanes.StoreUpTo(Vector512.AndNot(Lanes.LoadUpTo(x + i, end - i) * draw.Scale, dropped), y + i, end - i);
                }
            }
        });
    }

    // A thread takes the blocks q, q + grid, … of the stream: it draws the four numbers of a block in registers, for a quad, one load and one store of 16
    // bytes, or for the remainder of a count that is not a multiple of four. 8 bytes per element; 10 rounds of two 32×32-bit products per block.
    [SimtKernel]
    private static void ApplyKernel(Arguments a)
    {
        ArrayView<Float4> x4 = a.X.Cast<Float4>(), output4 = a.Output.Cast<Float4>();
        var draw = a.Draw;
        int stride = QuadWalk.Threads, blocks = (a.Count + 3) / 4;
        for (int q = QuadWalk.Thread; q < blocks; q += stride)
        {
            var unit = PhiloxUniform.UnitQuad(draw.Seed, draw.Stream, q);
            int first = 4 * q, rest = a.Count - first;
            if (rest >= 4)
            {
                var value = x4[q];
                value.X = draw.Of(value.X, unit.X);
                value.Y = draw.Of(value.Y, unit.Y);
                value.Z = draw.Of(value.Z, unit.Z);
                value.W = draw.Of(value.W, unit.W);
                output4[q] = value;
            }
            else
            {
                a.Output[first] = draw.Of(a.X[first], unit.X);
                if (rest > 1) a.Output[first + 1] = draw.Of(a.X[first + 1], unit.Y);
                if (rest > 2) a.Output[first + 2] = draw.Of(a.X[first + 2], unit.Z);
            }
        }
    }

    internal struct Draw
    {
        public ulong Seed, Stream;
        public float Probability, Scale;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly float Of(float value, float unit) => unit < Probability ? 0f : value * Scale;
    }

    internal struct Arguments
    {
        public ArrayView<float> X, Output;
        public Draw Draw;
        public int Count;
    }
}
