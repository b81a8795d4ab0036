using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ILGPU;

namespace Mmrr.Kernels;

/// <summary>
/// Uniform noise from <see cref="Philox"/>: element i is number i mod period of a stream, so that every device draws the same bits, and one draw can serve
/// all the levels of an image (period: the size of one copy). Per element 4 bytes and about 20 integer operations.
/// </summary>
public static unsafe class PhiloxUniform
{
    // Eight counters at a time, each in a 64-bit lane, give this many numbers.
    private const int Batch = 32;

    /// <summary>output[i] = number i mod <paramref name="period"/> of the stream, mapped to [low, high).</summary>
    /// <param name="seed">Philox's key.</param>
    /// <param name="stream">The upper half of Philox's counter.</param>
    /// <param name="low">The smallest value.</param>
    /// <param name="high">The exclusive upper bound.</param>
    /// <param name="period">Number of elements after which the numbers repeat, at least 1; the output's count for no repetition.</param>
    /// <param name="output">Any shape.</param>
    /// <exception cref="ArgumentException">The period is below 1, low is not below high, or their difference is not finite.</exception>
    public static void Fill(ulong seed, ulong stream, float low, float high, int period, Tensor output)
    {
        const string Operation = "PhiloxUniform.Fill";
        ArgumentNullException.ThrowIfNull(output);
        if (period < 1) throw new ArgumentException($"{Operation}: period is {period}, expected at least 1");
        if (!(low < high) || !float.IsFinite(high - low))
            throw new ArgumentException($"{Operation}: the range is [{low}, {high}), expected finite numbers, the first below the second");
        int repeated = Math.Min(period, output.Count);
        Kernel.Run(
            Operation, [], [("output", output)],
            simd => FillSimd(simd, seed, stream, low, high, repeated, output),
            simt => simt.Run(
                QuadWalk.Grid(output.Device, repeated), FillKernel,
                new Arguments
                {
                    Output = output.View,
                    Seed = seed,
                    Stream = stream,
                    Low = low,
                    Span = high - low,
                    Largest = MathF.BitDecrement(high),
                    Period = repeated,
                    Count = output.Count,
                }));
    }

    private static void FillSimd(SimdLaunch simd, ulong seed, ulong stream, float low, float high, int period, Tensor output)
    {
        float* y = output.Pointer;
        int count = output.Count;
        simd.Run(worker =>
        {
            var (begin, stop) = worker.Share(count, Lanes.Grain);
            // In pieces, so that the numbers are still in the L1 cache when they are mapped.
            for (; begin < stop; begin += Lanes.Grain)
            {
                int end = Math.Min(stop, begin + Lanes.Grain);
                Units(seed, stream, period, y, begin, end);
                Map(y, begin, end, low, high);
            }
        });
    }

    private static void Map(float* y, int begin, int end, float low, float high)
    {
        Vector512<double> lows = Vector512.Create((double)low), spans = Vector512.Create((double)(high - low));
        float largest = MathF.BitDecrement(high);
        int i = begin;
        for (; i <= end - Lanes.Width; i += Lanes.Width)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Load(y + i));
            var values = Vector512.Narrow(lows + (lower * spans), lows + (upper * spans));
            Vector512.MinNative(values, Vector512.Create(largest)).Store(y + i);
        }
        for (; i < end; i++) y[i] = Philox.ToRange(y[i], low, high - low, largest);
    }

    /// <summary>target[i] = number i mod period of the stream, in [0, 1), for i from begin to end.</summary>
    internal static void Units(ulong seed, ulong stream, int period, float* target, int begin, int end)
    {
        float* batch = stackalloc float[Batch];
        while (begin < end)
        {
            int index = begin % period, count = Math.Min(end - begin, period - index), skip = index % 4;
            int i = 0;
            if (skip == 0)
            {
                for (; i <= count - Batch; i += Batch) EightBlocks(seed, stream, (ulong)(index + i) / 4, target + begin + i);
            }
            while (i < count)
            {
                // The batch begins with the block of the first number wanted.
                EightBlocks(seed, stream, (ulong)(index + i) / 4, batch);
                int first = (index + i) % 4, length = Math.Min(Batch - first, count - i);
                Lanes.Copy(batch + first, target + begin + i, length);
                i += length;
            }
            begin += count;
        }
    }

    /// <summary>The 32 numbers of the blocks from <paramref name="counter"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EightBlocks(ulong seed, ulong stream, ulong counter, float* target)
    {
        var low = Vector512.Create((ulong)uint.MaxValue);
        var counters = Vector512.Create(counter) + Vector512<ulong>.Indices;
        Vector512<ulong> word0 = counters & low, word1 = counters >> 32;
        Vector512<ulong> word2 = Vector512.Create((ulong)(uint)stream), word3 = Vector512.Create(stream >> 32);
        uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            Vector512<ulong> product0 = word0 * Philox.Multiplier0, product1 = word2 * Philox.Multiplier1;
            word0 = (product1 >> 32) ^ word1 ^ Vector512.Create((ulong)key0);
            word1 = product1 & low;
            word2 = (product0 >> 32) ^ word3 ^ Vector512.Create((ulong)key1);
            word3 = product0 & low;
            key0 += Philox.Weyl0;
            key1 += Philox.Weyl1;
        }
        // Interleave words 0 and 1 of a block, then words 2 and 3.
        Vector512<ulong> first = word0 | (word1 << 32), second = word2 | (word3 << 32);
        var even = Vector512.Create(ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0, ulong.MaxValue, 0);
        var near = Vector512.Create(0UL, 0, 1, 1, 2, 2, 3, 3);
        var far = Vector512.Create(4UL, 4, 5, 5, 6, 6, 7, 7);
        ToUnits(Vector512.ConditionalSelect(even, Vector512.Shuffle(first, near), Vector512.Shuffle(second, near))).Store(target);
        ToUnits(Vector512.ConditionalSelect(even, Vector512.Shuffle(first, far), Vector512.Shuffle(second, far))).Store(target + Lanes.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ToUnits(Vector512<ulong> words) =>
        Vector512.ConvertToSingle(Vector512.ShiftRightLogical(words.AsInt32(), 8)) * Philox.Unit;

    // A thread takes the blocks q, q + grid, … of the period; it generates the four numbers of a block once, in registers, and writes them to every
    // repetition: 16 bytes at a time if repetitions begin at multiples of four. 4 bytes per element; 10 rounds of two 32×32-bit products per block.
    [SimtKernel]
    private static void FillKernel(Arguments a)
    {
        var output = a.Output;
        var output4 = output.Cast<Float4>();
        int stride = QuadWalk.Threads, period = a.Period, count = a.Count, blocks = (period + 3) / 4;
        for (int q = QuadWalk.Thread; q < blocks; q += stride)
        {
            var quad = UnitQuad(a.Seed, a.Stream, q);
            quad.X = Philox.ToRange(quad.X, a.Low, a.Span, a.Largest);
            quad.Y = Philox.ToRange(quad.Y, a.Low, a.Span, a.Largest);
            quad.Z = Philox.ToRange(quad.Z, a.Low, a.Span, a.Largest);
            quad.W = Philox.ToRange(quad.W, a.Low, a.Span, a.Largest);
            int whole = period - (4 * q) < 4 ? period - (4 * q) : 4;
            for (long i = 4L * q; i < count; i += period)
            {
                if ((i & 3) == 0 & whole == 4 & i + 4 <= count)
                {
                    output4[i >> 2] = quad;
                }
                else
                {
                    output[i] = quad.X;
                    if (whole > 1 & i + 1 < count) output[i + 1] = quad.Y;
                    if (whole > 2 & i + 2 < count) output[i + 2] = quad.Z;
                    if (whole > 3 & i + 3 < count) output[i + 3] = quad.W;
                }
            }
        }
    }

    /// <summary>The four numbers of a block in [0, 1), in a SIMT kernel.</summary>
    internal static Float4 UnitQuad(ulong seed, ulong stream, int q)
    {
        var block = Philox.Block(seed, stream, (ulong)q);
        Float4 quad;
        quad.X = Philox.ToUnit(block.Word0);
        quad.Y = Philox.ToUnit(block.Word1);
        quad.Z = Philox.ToUnit(block.Word2);
        quad.W = Philox.ToUnit(block.Word3);
        return quad;
    }

    internal struct Arguments
    {
        public ArrayView<float> Output;
        public ulong Seed, Stream;
        public float Low, Span, Largest;
        public int Period, Count;
    }
}
