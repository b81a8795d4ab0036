using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <content>The CPU's loops over the pixels.</content>
public static unsafe partial class GroupNormalization
{
    /// <summary>max(least, (x − mean)·scale + offset), NaN where it is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Rectified(
        Vector512<float> x, Vector512<float> mean, Vector512<float> scale, Vector512<float> offset, Vector512<float> least) =>
        Vector512.MaxNative(least, Normalized(x, mean, scale, offset)); // if an operand is NaN, the result is the second one

    // One expression for both the forward pass and the sign needed in backward.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Normalized(Vector512<float> x, Vector512<float> mean, Vector512<float> scale, Vector512<float> offset) =>
        ((x - mean) * scale) + offset;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Normalized(float x, float mean, float scale, float offset) => ((x - mean) * scale) + offset;

    /// <summary>
    /// The data of one unit of work, as rows of 64 floats, four vectors, for any number of channels: after L = lcm(channels, 64) floats the channels
    /// repeat, so lane i of such a stretch belongs to channel i mod channels, and every parameter is repeated to L lanes. An image of 16 channels consists
    /// of stretches of 64 floats, one of 48 channels of stretches of 192. If the channels are a multiple of 64 and groups do not cross, a unit is 64 of
    /// them, and a stretch is one pixel. The remainder after the last whole stretch is processed lane by lane.
    /// </summary>
    private readonly struct Block
    {
        /// <summary>Floats of a row: four vectors, so that four sums run in parallel.</summary>
        public const int Row = 64;

        // Floats processed at a time, 16 KB: memory is read in order although a lane is followed from stretch to stretch, and sums of sums keep the
        // rounding error small.
        private const int FloatsAtOnce = 4096;
        // With fewer images, parts of an image are distributed.
        private const int FewestImages = 4;
        private readonly nint _step;
        private readonly int _stretches;
        private readonly int _rest;
        private readonly int _atOnce;

        public Block(in Geometry g)
        {
            bool parts = g.Images < FewestImages && g.Channels % Row == 0 && Row % g.GroupChannels == 0;
            Channels = parts ? Row : g.Channels;
            Count = g.Channels / Channels;
            Lanes = (int)(Channels / BigInteger.GreatestCommonDivisor(Channels, Row)) * Row;
            _step = parts ? g.Channels : Lanes;
            _stretches = (int)((long)g.Pixels * Channels / Lanes);
            _rest = (int)((long)g.Pixels * Channels % Lanes);
            _atOnce = Math.Max(8, FloatsAtOnce / (int)_step);
        }

        /// <summary>Channels per unit.</summary>
        public int Channels { get; }

        /// <summary>Units per image.</summary>
        public int Count { get; }

        /// <summary>L, floats per stretch.</summary>
        public int Lanes { get; }

        /// <summary>Floats before a unit's first value.</summary>
        public nint At(in Geometry g, int unit) => ((nint)(unit / Count) * g.Pixels * g.Channels) + (unit % Count * Channels);

        /// <summary>Repeats the values of the channels over the lanes.</summary>
        public void Repeat(float* values)
        {
            for (int i = Channels; i < Lanes; i += Channels) new ReadOnlySpan<float>(values, Channels).CopyTo(new Span<float>(values + i, Channels));
        }

        /// <summary>Σ x of each channel; <paramref name="sums"/> has room for all lanes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Sum(float* x, float* sums)
        {
            new Span<float>(sums, Lanes).Clear();
            for (int begin = 0; begin < _stretches; begin += _atOnce)
            {
                for (int lane = 0; lane < Lanes; lane += Row)
                {
                    Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                    float* from = x + (begin * _step) + lane;
                    for (int rows = Math.Min(_atOnce, _stretches - begin); rows > 0; rows--, from += _step)
                    {
                        sum0 += Vector512.Load(from);
                        sum1 += Vector512.Load(from + 16);
                        sum2 += Vector512.Load(from + 32);
                        sum3 += Vector512.Load(from + 48);
                    }
                    Add(sum0, sums + lane);
                    Add(sum1, sums + lane + 16);
                    Add(sum2, sums + lane + 32);
                    Add(sum3, sums + lane + 48);
                }
            }
            float* rest = x + (_stretches * _step);
            for (int i = 0; i < _rest; i++) sums[i] += rest[i];
            Fold(sums);
        }

        /// <summary>Σ (x − mean)² of each channel.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void SumOfSquares(float* x, float* means, float* sums)
        {
            new Span<float>(sums, Lanes).Clear();
            for (int begin = 0; begin < _stretches; begin += _atOnce)
            {
                for (int lane = 0; lane < Lanes; lane += Row)
                {
                    Vector512<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                    Vector512<float> m0 = Vector512.Load(means + lane), m1 = Vector512.Load(means + lane + 16),
                        m2 = Vector512.Load(means + lane + 32), m3 = Vector512.Load(means + lane + 48);
                    float* from = x + (begin * _step) + lane;
                    for (int rows = Math.Min(_atOnce, _stretches - begin); rows > 0; rows--, from += _step)
                    {
                        Vector512<float> d0 = Vector512.Load(from) - m0, d1 = Vector512.Load(from + 16) - m1;
                        Vector512<float> d2 = Vector512.Load(from + 32) - m2, d3 = Vector512.Load(from + 48) - m3;
                        sum0 = Vector512.MultiplyAddEstimate(d0, d0, sum0);
                        sum1 = Vector512.MultiplyAddEstimate(d1, d1, sum1);
                        sum2 = Vector512.MultiplyAddEstimate(d2, d2, sum2);
                        sum3 = Vector512.MultiplyAddEstimate(d3, d3, sum3);
                    }
                    Add(sum0, sums + lane);
                    Add(sum1, sums + lane + 16);
                    Add(sum2, sums + lane + 32);
                    Add(sum3, sums + lane + 48);
                }
            }
            float* rest = x + (_stretches * _step);
            for (int i = 0; i < _rest; i++) sums[i] += (rest[i] - means[i]) * (rest[i] - means[i]);
            Fold(sums);
        }

        /// <summary>y = (x − mean)·scale + offset, and max(0, ·).</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Apply(float* x, float* means, float* scale, float* offset, bool relu, float* y)
        {
            float floor = relu ? 0 : float.NegativeInfinity;
            var least = Vector512.Create(floor);
            for (int begin = 0; begin < _stretches; begin += _atOnce)
            {
                for (int lane = 0; lane < Lanes; lane += Row)
                {
                    Vector512<float> m0 = Vector512.Load(means + lane), m1 = Vector512.Load(means + lane + 16),
                        m2 = Vector512.Load(means + lane + 32), m3 = Vector512.Load(means + lane + 48);
                    Vector512<float> a0 = Vector512.Load(scale + lane), a1 = Vector512.Load(scale + lane + 16),
                        a2 = Vector512.Load(scale + lane + 32), a3 = Vector512.Load(scale + lane + 48);
                    Vector512<float> b0 = Vector512.Load(offset + lane), b1 = Vector512.Load(offset + lane + 16),
                        b2 = Vector512.Load(offset + lane + 32), b3 = Vector512.Load(offset + lane + 48);
                    float* from = x + (begin * _step) + lane, to = y + (begin * _step) + lane;
                    for (int rows = Math.Min(_atOnce, _stretches - begin); rows > 0; rows--, from += _step, to += _step)
                    {
                        Rectified(Vector512.Load(from), m0, a0, b0, least).Store(to);
                        Rectified(Vector512.Load(from + 16), m1, a1, b1, least).Store(to + 16);
                        Rectified(Vector512.Load(from + 32), m2, a2, b2, least).Store(to + 32);
                        Rectified(Vector512.Load(from + 48), m3, a3, b3, least).Store(to + 48);
                    }
                }
            }
            float* rest = x + (_stretches * _step), target = y + (_stretches * _step);
            for (int i = 0; i < _rest; i++) target[i] = MathF.Max(Normalized(rest[i], means[i], scale[i], offset[i]), floor);
        }

        /// <summary>Σ g and Σ g·(x − mean) of each channel, where g is dy, or zero where ReLU is inactive.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void SumGradients(float* x, float* dy, float* means, float* scale, float* offset, bool relu, float* sums, float* products)
        {
            float floor = relu ? 0 : float.NegativeInfinity;
            var least = Vector512.Create(floor);
            new Span<float>(sums, Lanes).Clear();
            new Span<float>(products, Lanes).Clear();
            for (int begin = 0; begin < _stretches; begin += _atOnce)
            {
                // Two vectors at a time: with four, parameters and sums would not fit in registers.
                for (int lane = 0; lane < Lanes; lane += Row / 2)
                {
                    Vector512<float> m0 = Vector512.Load(means + lane), m1 = Vector512.Load(means + lane + 16);
                    Vector512<float> a0 = Vector512.Load(scale + lane), a1 = Vector512.Load(scale + lane + 16);
                    Vector512<float> b0 = Vector512.Load(offset + lane), b1 = Vector512.Load(offset + lane + 16);
                    Vector512<float> sum0 = default, sum1 = default, product0 = default, product1 = default;
                    float* from = x + (begin * _step) + lane, gradient = dy + (begin * _step) + lane;
                    for (int rows = Math.Min(_atOnce, _stretches - begin); rows > 0; rows--, from += _step, gradient += _step)
                    {
                        Vector512<float> x0 = Vector512.Load(from), x1 = Vector512.Load(from + 16);
                        var g0 = Vector512.GreaterThan(Normalized(x0, m0, a0, b0), least) & Vector512.Load(gradient);
                        var g1 = Vector512.GreaterThan(Normalized(x1, m1, a1, b1), least) & Vector512.Load(gradient + 16);
                        sum0 += g0;
                        sum1 += g1;
                        product0 = Vector512.MultiplyAddEstimate(g0, x0 - m0, product0);
                        product1 = Vector512.MultiplyAddEstimate(g1, x1 - m1, product1);
                    }
                    Add(sum0, sums + lane);
                    Add(sum1, sums + lane + 16);
                    Add(product0, products + lane);
                    Add(product1, products + lane + 16);
                }
            }
            float* rest = x + (_stretches * _step), restGradient = dy + (_stretches * _step);
            for (int i = 0; i < _rest; i++)
            {
                float g = Normalized(rest[i], means[i], scale[i], offset[i]) > floor ? restGradient[i] : 0;
                sums[i] += g;
                products[i] += g * (rest[i] - means[i]);
            }
            Fold(sums);
            Fold(products);
        }

        /// <summary>dx = g·scale − meanG − (x − mean)·meanGx.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void ApplyGradients(
            float* x, float* dy, float* means, float* scale, float* offset, bool relu, float* meanG, float* meanGx, float* addend, float* dx)
        {
            float floor = relu ? 0 : float.NegativeInfinity;
            var least = Vector512.Create(floor);
            for (int begin = 0; begin < _stretches; begin += _atOnce)
            {
                for (int lane = 0; lane < Lanes; lane += Row / 2)
                {
                    Vector512<float> m0 = Vector512.Load(means + lane), m1 = Vector512.Load(means + lane + 16);
                    Vector512<float> a0 = Vector512.Load(scale + lane), a1 = Vector512.Load(scale + lane + 16);
                    Vector512<float> b0 = Vector512.Load(offset + lane), b1 = Vector512.Load(offset + lane + 16);
                    Vector512<float> s0 = Vector512.Load(meanG + lane), s1 = Vector512.Load(meanG + lane + 16);
                    Vector512<float> p0 = Vector512.Load(meanGx + lane), p1 = Vector512.Load(meanGx + lane + 16);
                    nint at = (begin * _step) + lane;
                    float* from = x + at, gradient = dy + at, to = dx + at;
                    for (int rows = Math.Min(_atOnce, _stretches - begin); rows > 0; rows--, from += _step, gradient += _step, to += _step)
                    {
                        Vector512<float> x0 = Vector512.Load(from), x1 = Vector512.Load(from + 16);
                        var g0 = Vector512.GreaterThan(Normalized(x0, m0, a0, b0), least) & Vector512.Load(gradient);
                        var g1 = Vector512.GreaterThan(Normalized(x1, m1, a1, b1), least) & Vector512.Load(gradient + 16);
                        Vector512<float> d0 = (g0 * a0) - s0 - ((x0 - m0) * p0), d1 = (g1 * a1) - s1 - ((x1 - m1) * p1);
                        if (addend != null)
                        {
                            float* other = addend + (to - dx);
                            d0 += Vector512.Load(other);
                            d1 += Vector512.Load(other + 16);
                        }
                        d0.Store(to);
                        d1.Store(to + 16);
                    }
                }
            }
            nint done = _stretches * _step;
            float* rest = x + done;
            for (int i = 0; i < _rest; i++)
            {
                float g = Normalized(rest[i], means[i], scale[i], offset[i]) > floor ? dy[done + i] : 0;
                float d = (g * scale[i]) - meanG[i] - ((rest[i] - means[i]) * meanGx[i]);
                dx[done + i] = addend == null ? d : d + addend[done + i];
            }
        }

        private void Fold(float* sums)
        {
            for (int i = Channels; i < Lanes; i += Channels)
            {
                for (int c = 0; c < Channels; c++) sums[c] += sums[i + c];
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add(Vector512<float> value, float* to) => (Vector512.Load(to) + value).Store(to);
    }
}
