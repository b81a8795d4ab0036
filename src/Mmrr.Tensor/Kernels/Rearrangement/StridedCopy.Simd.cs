namespace Mmrr.Kernels;

/// <content>
/// The CPU entry. If the last axis is contiguous in the source, or repeated, a worker copies or fills its share of the rows of the output. Otherwise it
/// transposes blocks of 16 × 16 elements, of the output's last axis and the one that is contiguous in the source, so that a cache line is read and written
/// once. 8 bytes for each element of the output, 4 where it is repeated.
/// </content>
public static unsafe partial class StridedCopy
{
    private static void Run(SimdLaunch simd, Tensor input, AxisWalk walk, Tensor output)
    {
        float* x = input.Pointer, y = output.Pointer;
        int last = walk.Sizes[^1], stride = walk.Strides[^1];
        if (stride > 1)
        {
            var turn = new Turn(walk);
            simd.Run(worker =>
            {
                var (begin, end) = worker.Share(turn.Units, Math.Max(1, Lanes.Grain / (Lanes.Width * last)));
                for (int unit = begin; unit < end; unit++) turn.Run(unit, x, y);
            });
            return;
        }
        int rows = output.Count / last;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(rows, Math.Max(1, Lanes.Grain / last));
            var place = new Odometer(walk.Sizes.AsSpan(..^1), walk.Strides.AsSpan(..^1), stackalloc int[AxisWalk.MostAxes], begin);
            for (int row = begin; row < end; row++, place.Next())
            {
                float* from = x + place.Offset, to = y + ((long)row * last);
                if (stride == 1) Lanes.Copy(from, to, last);
                else new Span<float>(to, last).Fill(*from);
            }
        });
    }

    /// <summary>Counts through the indexes of some axes, the last fastest, with the offset in the source.</summary>
    private ref struct Odometer
    {
        private readonly ReadOnlySpan<int> _sizes, _strides;
        private readonly Span<int> _index;

        public Odometer(ReadOnlySpan<int> sizes, ReadOnlySpan<int> strides, Span<int> index, int start)
        {
            _sizes = sizes;
            _strides = strides;
            _index = index;
            for (int i = sizes.Length - 1; i >= 0; i--)
            {
                _index[i] = start % sizes[i];
                start /= sizes[i];
                Offset += _index[i] * strides[i];
            }
        }

        public int Offset { get; private set; }

        public void Next()
        {
            for (int i = _sizes.Length - 1; i >= 0; i--)
            {
                Offset += _strides[i];
                if (++_index[i] < _sizes[i]) return;
                Offset -= _sizes[i] * _strides[i];
                _index[i] = 0;
            }
        }
    }

    /// <summary>
    /// Blocks of the output's last axis and the axis that is contiguous in the source. A unit is one index of all other axes and 16 of the contiguous one.
    /// </summary>
    private sealed class Turn
    {
        private readonly int[] _sizes, _strides, _steps;
        private readonly int _last, _stride, _length, _step, _blocks;

        public Turn(AxisWalk walk)
        {
            int contiguous = Array.IndexOf(walk.Strides, 1), axes = walk.Sizes.Length;
            int[] steps = StridedCopy.Strides(new Shape(walk.Sizes));
            int[] others = [.. Enumerable.Range(0, axes - 1).Where(axis => axis != contiguous)];
            _sizes = Array.ConvertAll(others, axis => walk.Sizes[axis]);
            _strides = Array.ConvertAll(others, axis => walk.Strides[axis]);
            _steps = Array.ConvertAll(others, axis => steps[axis]);
            (_last, _stride) = (walk.Sizes[^1], walk.Strides[^1]);
            (_length, _step) = (walk.Sizes[contiguous], steps[contiguous]);
            _blocks = ((_length - 1) / Lanes.Width) + 1;
            Units = _sizes.Aggregate(_blocks, (units, size) => units * size);
        }

        public int Units { get; }

        public void Run(int unit, float* x, float* y)
        {
            int first = unit % _blocks * Lanes.Width, count = Math.Min(Lanes.Width, _length - first), index = unit / _blocks;
            x += first;
            y += (long)first * _step;
            for (int axis = _sizes.Length - 1; axis >= 0; axis--)
            {
                int at = index % _sizes[axis];
                index /= _sizes[axis];
                x += at * _strides[axis];
                y += at * _steps[axis];
            }
            for (int column = 0; column < _last; column += Lanes.Width)
            {
                int columns = Math.Min(Lanes.Width, _last - column);
                Transposition.Copy(x + ((long)column * _stride), _stride, y + column, _step, columns, count);
            }
        }
    }
}
