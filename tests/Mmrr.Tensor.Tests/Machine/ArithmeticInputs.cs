using System.Globalization;
using System.Runtime.InteropServices;

namespace Mmrr.Tests.Machine;

/// <summary>
/// 10⁵ inputs of a type, among them NaN, infinities, zeros, subnormals, ties and the ends of the ranges, and an instruction that is run on them: one thread
/// an input.
/// </summary>
internal static class ArithmeticInputs
{
    public const int Count = 100_000;
    private const int Threads = 256;

    private static readonly float[] s_special =
    [
        0f, -0f, 1f, -1f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon,
        1.17549435E-38f, -1.17549435E-38f, 1.1754942E-38f, 0.5f, 1.5f, 2.5f, -2.5f, 3f, 16777216f, 16777217f, 8388609f, 2147483648f, -2147483648f, 4294967296f,
        1.0000001f, 0.99999994f, 3.4028233E38f, 9.2233720368547758E18f,
    ];

    // The ends of the singles and of the halves in doubles, and ties of both.
    private static readonly double[] s_specialDoubles =
    [
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue, double.Epsilon, -double.Epsilon,
        2.2250738585072014E-308, 2.2250738585072009E-308, 3.4028234663852886E38, 3.4028235677973366E38, 7.0064923216240854E-46, 2.1019476964872256E-45,
        65504, 65520, 65519.99999, -65520, 2.9802322387695312E-08, 1 + 5.9604644775390625E-08, 1 + 1.7881393432617188E-07, 1.00048828125, 1.00146484375,
        0, -0.0, 0.5, 1.5, -2.5, 9007199254740993, 9.2233720368547758E18, 1.8446744073709552E19, 2147483647.5, 4294967295.5,
    ];

    /// <summary>Floats: a quarter special, a quarter random bits, a quarter eighths near to one another, a quarter within ±20.</summary>
    public static float[] Singles(int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, Count).Select(i => (i % 4) switch
            {
                0 => s_special[random.Next(s_special.Length)],
                1 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
                // Near to one another, so that sums cancel and round to ties.
                2 => (float)random.Next(-64, 64) / 8,
                _ => (float)((2 * random.NextDouble()) - 1) * 20,
            }),
        ];
    }

    /// <summary>Doubles, in the same quarters; of the random bits every second is within the range of the singles.</summary>
    public static double[] Doubles(int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, Count).Select(i => (i % 8) switch
            {
                0 or 4 => s_specialDoubles[random.Next(s_specialDoubles.Length)],
                1 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                5 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)) * (1 + (random.NextDouble() / 1024)),
                2 or 6 => (double)random.Next(-64, 64) / 8,
                _ => ((2 * random.NextDouble()) - 1) * 70_000,
            }),
        ];
    }

    /// <summary>Halves: all their bits, in a random order, and again.</summary>
    public static Half[] Halves(int seed)
    {
        var random = new Random(seed);
        ushort[] bits = [.. Enumerable.Range(0, Count).Select(i => (ushort)i)];
        random.Shuffle(bits);
        // Every third pair is near to one another or at the ends.
        for (int i = 0; i < Count; i += 3) bits[i] = BitConverter.HalfToUInt16Bits((Half)(random.Next(-64, 64) / 8f));
        return [.. bits.Select(BitConverter.UInt16BitsToHalf)];
    }

    /// <summary>Integers of any size, a third of them near the ends.</summary>
    public static long[] Integers(int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, Count).Select(i => (i % 3) switch
            {
                0 => new[] { long.MinValue, long.MaxValue, int.MinValue, int.MaxValue, uint.MaxValue, 0, -1 }[random.Next(7)] + random.Next(-3, 4),
                1 => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64),
                // A tie of a single or of a half, or one beside it.
                _ => ((random.NextInt64(1 << 24) * 2) + 1 << random.Next(38)) + random.Next(-1, 2),
            }),
        ];
    }

    /// <summary>
    /// Runs an instruction, one thread an input: <c>a</c>, <c>b</c> and <c>c</c> are its operands' registers, <c>d</c> the result's, <c>%p1</c> a predicate.
    /// </summary>
    public static TResult[] Run<T, TResult>(string body, T[] a, T[] b, T[]? c = null)
        where T : unmanaged
        where TResult : unmanaged
    {
        int size = Marshal.SizeOf<T>(), resultSize = Marshal.SizeOf<TResult>();
        // Each array begins at a multiple of 8.
        long stride = 8L * Count;
        using var run = new PtxRun(4 * stride);
        run.Written();
        foreach (var (values, n) in new[] { (a, 0), (b, 1), (c ?? a, 2) }) values.CopyTo(run.Values<T>()[(int)(n * stride / size)..]);
        string from = Bits(size), to = Bits(resultSize);
        run.Run(string.Create(CultureInfo.InvariantCulture, $"""
            .reg .{from} a; .reg .{from} b; .reg .{from} c; .reg .{to} d;
            mov.u32 %r10, %ctaid.x; mad.lo.u32 %r11, %r10, {Threads}, %r0; setp.ge.u32 %p9, %r11, {Count}; @%p9 bra L_end;
            mul.wide.u32 %rd1, %r11, {size}; add.u64 %rd2, %rd0, %rd1; mul.wide.u32 %rd3, %r11, {resultSize}; add.u64 %rd4, %rd0, %rd3;
            ld.global.{from} a, [%rd2]; ld.global.{from} b, [%rd2+{stride}]; ld.global.{from} c, [%rd2+{2 * stride}];
            {body}
            st.global.{to} [%rd4+{3 * stride}], d;
            L_end:
            """), Threads, (Count + Threads - 1) / Threads);
        return run.Values<TResult>()[(int)(3 * stride / resultSize)..][..Count].ToArray();
    }

    private static string Bits(int bytes) => $"b{8 * bytes}";
}
