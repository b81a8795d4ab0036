using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>
/// The CPU entry: a unit is a range of the summed axis (4,096 elements of a contiguous one, otherwise 256 rows) and up to 256 columns, summed in float32 in
/// vectors along the columns, or along the axis if it is contiguous; the ranges are added in float64. An element passes through at most 255 float32 additions
/// in its range, about 80 if the axis is contiguous. 4 bytes and one addition an element.
/// </content>
public static unsafe partial class AxisReduction
{
    private const int Chunk = 4096;
    private const int RangeRows = 256;
    private const int UnitColumns = 256;

    private static void Run(SimdLaunch simd, Tensor input, Sums s, float factor, Tensor output)
    {
        int length = s.Inner == 1 ? Chunk : RangeRows, ranges = s.Ranges(length), blocks = ((s.Inner - 1) / UnitColumns) + 1;
        using var partial = ranges == 1
            ? null : Tensor.Empty(output.Device, Check.Intermediate(Operation, "its partial sums", (long)s.Outer * ranges, s.Inner));
        float* x = input.Pointer, y = output.Pointer, sums = partial is null ? y : partial.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(s.Outer * ranges * blocks, 1);
            for (int unit = begin; unit < end; unit++)
            {
                int block = unit % blocks, range = unit / blocks % ranges, outer = unit / blocks / ranges;
                int first = range * length, rows = Math.Min(length, s.Axis - first), column = block * UnitColumns;
                int columns = Math.Min(UnitColumns, s.Inner - column);
                float* from = x + (((((long)outer * s.Axis) + first) * s.Inner) + column), to = sums + ((((long)outer * ranges) + range) * s.Inner) + column;
                if (s.Inner == 1) *to = SumOf(from, rows);
                else if (s.Inner < Lanes.Width) SumNarrow(from, rows, s.Inner, to);
                else SumColumns(from, rows, s.Inner, columns, to);
                if (ranges > 1 || factor == 1f) continue;
                for (int c = 0; c < columns; c++) to[c] *= factor;
            }
            if (ranges == 1) return;
            worker.Barrier();
            (begin, end) = worker.Share(s.Outer * s.Inner, Lanes.Width);
            for (int i = begin; i < end; i++)
            {
                int outer = i / s.Inner;
                float* from = sums + ((long)outer * ranges * s.Inner) + (i - (outer * s.Inner));
                double total = 0;
                for (int range = 0; range < ranges; range++) total += from[(long)range * s.Inner];
                y[i] = (float)(total * factor);
            }
        });
    }

    /// <summary>A contiguous sum in four vectors.</summary>
    private static float SumOf(float* x, int count)
    {
        int i = 0;
        float rest = 0;
        Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (; i <= count - (4 * Lanes.Width); i += 4 * Lanes.Width)
        {
            sum0 += Vector512.Load(x + i);
            sum1 += Vector512.Load(x + i + 16);
            sum2 += Vector512.Load(x + i + 32);
            sum3 += Vector512.Load(x + i + 48);
        }
        for (; i <= count - Lanes.Width; i += Lanes.Width) sum0 += Vector512.Load(x + i);
        for (; i < count; i++) rest += x[i];
        return Vector512.Sum(sum0 + sum1 + (sum2 + sum3)) + rest;
    }

    /// <summary>The sums of at least 16 columns. The last vectors may overlap: the same sums are then stored twice.</summary>
    private static void SumColumns(float* x, int rows, int stride, int columns, float* sums)
    {
        int c = 0;
        for (; c <= columns - (4 * Lanes.Width); c += 4 * Lanes.Width)
        {
            Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            float* from = x + c;
            for (int row = 0; row < rows; row++, from += stride)
            {
                sum0 += Vector512.Load(from);
                sum1 += Vector512.Load(from + 16);
                sum2 += Vector512.Load(from + 32);
                sum3 += Vector512.Load(from + 48);
            }
            sum0.Store(sums + c);
            sum1.Store(sums + c + 16);
            sum2.Store(sums + c + 32);
            sum3.Store(sums + c + 48);
        }
        for (; c < columns; c += Lanes.Width)
        {
            int at = Math.Max(0, Math.Min(c, columns - Lanes.Width));
            int lanes = Math.Min(Lanes.Width, columns - at);
            Vector512<float> sum = default;
            float* from = x + at;
            for (int row = 0; row < rows; row++, from += stride) sum += lanes == Lanes.Width ? Vector512.Load(from) : Lanes.Load(from, lanes);
            if (lanes == Lanes.Width) sum.Store(sums + at);
            else Lanes.Store(sum, sums + at, lanes);
        }
    }

    /// <summary>The sums of fewer than 16 columns: 16 rows are seen as one of 16·columns, whose sums are then added.</summary>
    private static void SumNarrow(float* x, int rows, int columns, float* sums)
    {
        float* wide = stackalloc float[Lanes.Width * Lanes.Width];
        int groups = rows / Lanes.Width, width = Lanes.Width * columns;
        for (int v = 0; v < width; v += Lanes.Width)
        {
            Vector512<float> sum = default;
            for (int group = 0; group < groups; group++) sum += Vector512.Load(x + (group * width) + v);
            sum.Store(wide + v);
        }
        for (int c = 0; c < columns; c++)
        {
            float sum = 0;
            for (int row = 0; row < Lanes.Width; row++) sum += wide[(row * columns) + c];
            for (int row = groups * Lanes.Width; row < rows; row++) sum += x[(row * columns) + c];
            sums[c] = sum;
        }
    }
}
