using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

public static unsafe partial class PhiloxUniform
{
    // Eight counters at a time, each in a 64-bit lane, give this many numbers.
    private const int Batch = 32;

    private static void EnqueueFill(string operation, ulong seed, ulong stream, float low, float high, int period, Tensor output)
    {
        float* y = output.Pointer;
        int count = output.Count;
        output.Device.Enqueue(operation, worker =>
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
}
