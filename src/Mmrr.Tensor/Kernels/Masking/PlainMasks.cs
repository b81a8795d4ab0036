using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// The masks with which the paper compares its own (Table 3): neither depends on the image, so neither has a gradient. Row p = n·L + l of m belongs to
/// level [n, l]. Memory-bound: 4 bytes per element.
/// </summary>
public static unsafe class PlainMasks
{
    /// <summary>m = μ for every element of a row.</summary>
    /// <param name="levels">[N, L], each μ in [0, 1].</param>
    /// <param name="m">[N·L, …].</param>
    /// <exception cref="ArgumentException">The shapes or devices are invalid, or buffers are shared.</exception>
    public static void Constant(Tensor levels, Tensor m)
    {
        const string Operation = "PlainMasks.Constant";
        CheckRows(Operation, levels, m);
        Kernel.Run(
            Operation, [("levels", levels)], [("m", m)],
            simd => ConstantSimd(simd, levels, m),
            simt => simt.Run(
                QuadWalk.Grid(m.Device, m.Count), ConstantKernel,
                new ConstantArguments { Levels = levels.View, M = m.View, Length = m.Count / levels.Count, Count = m.Count }));
    }

    /// <summary>m = 1 with probability μ, otherwise 0: element i of m is 1 where number i mod period of the stream, in [0, 1), is below μ.</summary>
    /// <param name="levels">[N, L], each μ in [0, 1]; 0 and 1 are exact.</param>
    /// <param name="seed">Philox's key.</param>
    /// <param name="stream">The upper half of Philox's counter.</param>
    /// <param name="period">Number of elements after which the numbers repeat, at least 1; m's count for no repetition.</param>
    /// <param name="m">[N·L, …].</param>
    /// <exception cref="ArgumentException">The shapes, devices or period are invalid, or buffers are shared.</exception>
    public static void Bernoulli(Tensor levels, ulong seed, ulong stream, int period, Tensor m)
    {
        const string Operation = "PlainMasks.Bernoulli";
        CheckRows(Operation, levels, m);
        if (period < 1) throw new ArgumentException($"{Operation}: period is {period}, expected at least 1");
        int repeated = Math.Min(period, m.Count);
        Kernel.Run(
            Operation, [("levels", levels)], [("m", m)],
            simd => BernoulliSimd(simd, levels, seed, stream, repeated, m),
            simt => simt.Run(
                QuadWalk.Grid(m.Device, repeated), BernoulliKernel,
                new BernoulliArguments
                {
                    Levels = levels.View,
                    M = m.View,
                    Seed = seed,
                    Stream = stream,
                    Length = m.Count / levels.Count,
                    Period = repeated,
                    Count = m.Count,
                }),
            operations: m.Count);
    }

    private static void CheckRows(string operation, Tensor levels, Tensor m)
    {
        Check.Rank(operation, "levels", levels, 2, "[N, L]");
        ArgumentNullException.ThrowIfNull(m);
        if (m.Shape.Rank < 1 || m.Shape[0] != levels.Count)
        {
            throw new ArgumentException($"{operation}: m is {m.Shape}, expected {levels.Count} rows, one for each of the levels {levels.Shape}");
        }
    }

    private static void ConstantSimd(SimdLaunch simd, Tensor levels, Tensor mask)
    {
        float* level = levels.Pointer, m = mask.Pointer;
        int count = mask.Count, length = count / levels.Count;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            while (begin < end)
            {
                int row = begin / length, part = Math.Min(end - begin, length - (begin - (row * length)));
                new Span<float>(m + begin, part).Fill(level[row]);
                begin += part;
            }
        });
    }

    private static void BernoulliSimd(SimdLaunch simd, Tensor levels, ulong seed, ulong stream, int period, Tensor mask)
    {
        float* level = levels.Pointer, m = mask.Pointer;
        int count = mask.Count, length = count / levels.Count;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(count, Lanes.Grain);
            PhiloxUniform.Units(seed, stream, period, m, begin, end);
            while (begin < end)
            {
                int row = begin / length, part = Math.Min(end - begin, length - (begin - (row * length)));
                Threshold(m + begin, part, level[row]);
                begin += part;
            }
        });
    }

    private static void Threshold(float* m, int count, float level)
    {
        int i = 0;
        for (; i <= count - Lanes.Width; i += Lanes.Width)
        {
            (Vector512.LessThan(Vector512.Load(m + i), Vector512.Create(level)) & Vector512<float>.One).Store(m + i);
        }
        for (; i < count; i++) m[i] = m[i] < level ? 1f : 0f;
    }

    // A thread takes the quads (if the row length is not a multiple of four: the elements) i, i + grid, … and writes the level of their row. 4 bytes per
    // element and one integer division per quad.
    [SimtKernel]
    private static void ConstantKernel(ConstantArguments a)
    {
        int stride = QuadWalk.Threads;
        if ((a.Length & 3) == 0)
        {
            var m4 = a.M.Cast<Float4>();
            for (int q = QuadWalk.Thread; q < a.Count / 4; q += stride) m4[q] = Float4.Of(a.Levels[q / (a.Length / 4)]);
        }
        else
        {
            for (int i = QuadWalk.Thread; i < a.Count; i += stride) a.M[i] = a.Levels[i / a.Length];
        }
    }

    // A thread takes the Philox blocks q, q + grid, … of the period; it generates the four numbers of a block once, in registers, and compares each with
    // the level of the row at every repetition: 16 bytes at a time if rows and repetitions begin at multiples of four. 4 bytes per element and one integer
    // division per quad; 10 rounds of two 32×32-bit products per block.
    [SimtKernel]
    private static void BernoulliKernel(BernoulliArguments a)
    {
        ArrayView<float> levels = a.Levels, m = a.M;
        var m4 = m.Cast<Float4>();
        int stride = QuadWalk.Threads, length = a.Length, period = a.Period, count = a.Count, blocks = (period + 3) / 4;
        for (int q = QuadWalk.Thread; q < blocks; q += stride)
        {
            var unit = PhiloxUniform.UnitQuad(a.Seed, a.Stream, q);
            int whole = period - (4 * q) < 4 ? period - (4 * q) : 4;
            for (long i = 4L * q; i < count; i += period)
            {
                int at = (int)i;
                if (((length | at) & 3) == 0 & whole == 4)
                {
                    float level = levels[at / length];
                    Float4 quad;
                    quad.X = unit.X < level ? 1f : 0f;
                    quad.Y = unit.Y < level ? 1f : 0f;
                    quad.Z = unit.Z < level ? 1f : 0f;
                    quad.W = unit.W < level ? 1f : 0f;
                    m4[at >> 2] = quad;
                }
                else
                {
                    m[at] = unit.X < levels[at / length] ? 1f : 0f;
                    if (whole > 1 & i + 1 < count) m[at + 1] = unit.Y < levels[(at + 1) / length] ? 1f : 0f;
                    if (whole > 2 & i + 2 < count) m[at + 2] = unit.Z < levels[(at + 2) / length] ? 1f : 0f;
                    if (whole > 3 & i + 3 < count) m[at + 3] = unit.W < levels[(at + 3) / length] ? 1f : 0f;
                }
            }
        }
    }

    /// <summary>The rows of M, of this length, and their levels.</summary>
    internal struct ConstantArguments
    {
        public ArrayView<float> Levels, M;
        public int Length, Count;
    }

    /// <summary>The same, and the numbers that the levels are compared with.</summary>
    internal struct BernoulliArguments
    {
        public ArrayView<float> Levels, M;
        public ulong Seed, Stream;
        public int Length, Period, Count;
    }
}
