using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class PhiloxTests(TestDevices devices)
{
    /// <summary>Random123's known-answer vectors (kat_vectors, philox4x32 with 10 rounds): counter, key, answer.</summary>
    public static TheoryData<uint[], uint[], uint[]> KnownAnswers => new()
    {
        { [0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
        {
            [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff],
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
        },
        {
            [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0],
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
        },
    };

    // Number of values, period (0: none), both also no multiples of the four words of a block.
    public static TheoryData<string, int[]> Sizes =>
        TestDevices.Rows([[1, 0], [4, 0], [7, 0], [64, 0], [100, 30], [60, 1], [1030, 0], [1500, 257]], [[4099, 0], [70000, 0], [30001, 3072], [20000, 13]]);

    [Theory]
    [MemberData(nameof(KnownAnswers))]
    public void Philox_and_its_reference_give_the_known_answers(uint[] counter, uint[] key, uint[] answer)
    {
        Assert.Equal(answer, PhiloxReference.Block(counter, key));
        var block = Philox.Block(Join(key[0], key[1]), Join(counter[2], counter[3]), Join(counter[0], counter[1]));
        uint[] words = [block.Word0, block.Word1, block.Word2, block.Word3];
        Assert.Equal(answer, words);

        static ulong Join(uint low, uint high) => ((ulong)high << 32) | low;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Every_device_draws_the_same_numbers(string device, int[] sizes)
    {
        var random = new RandomInputs();
        ulong seed = random.Bits(), stream = random.Bits();
        int count = sizes[0], period = sizes[1] == 0 ? count : sizes[1];
        double[] unit = PhiloxReference.Uniform(seed, stream, period, count);
        float[] Draw(float low, float high) =>
            devices.Run(device, [], [new Shape(count)], (_, taken) => PhiloxUniform.Fill(seed, stream, low, high, period, taken[0]))[0];

        // Both maps are exact in float32, so the devices agree to the bit.
        ErrorBound.Exact(unit).Check(Draw(0, 1), "[0, 1)");
        ErrorBound.Exact(Array.ConvertAll(unit, u => (2 * u) - 1)).Check(Draw(-1, 1), "[−1, 1)");
        // low + u·(high − low): three roundings.
        var expected = ErrorBound.Sum(Array.ConvertAll(unit, u => 0.3 + (1.4 * u)), Array.ConvertAll(unit, u => 0.3 + (1.4 * u)), 2);
        float[] values = Draw(0.3f, 1.7f);
        expected.Check(values, "[0.3, 1.7)");
        Assert.All(values, value => Assert.True(value is >= 0.3f and < 1.7f));
        // The host draws the same bits.
        Assert.Equal(Enumerable.Range(0, count).Select(i => Philox.Uniform(seed, stream, (ulong)(i % period), 0.3f, 1.7f)), values);
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Seeds_and_streams_give_other_numbers(string device)
    {
        float[] Draw(ulong seed, ulong stream) =>
            devices.Run(device, [], [new Shape(64)], (_, taken) => PhiloxUniform.Fill(seed, stream, 0, 1, 64, taken[0]))[0];

        float[][] all = [Draw(1, 1), Draw(2, 1), Draw(1, 2), Draw(1UL << 32, 1), Draw(1, 1UL << 32)];
        Assert.Equal(all.Length, all.Select(values => values[0]).Distinct().Count());
    }
}
