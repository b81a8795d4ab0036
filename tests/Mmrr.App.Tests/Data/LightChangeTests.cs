using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Data;

/// <summary>Changes of the light, drawn and applied.</summary>
public class LightChangeTests
{
    private const int Height = 7;
    private const int Width = 11;

    [Theory]
    [InlineData("offset")]
    [InlineData("gain")]
    [InlineData("gamma")]
    [InlineData("gradient")]
    public void DrawsAreTheSameForTheSameKeysWithinTheirRangesAndCentred(string word)
    {
        var augmentation = Augmentation.Parse(word);
        Assert.True(augmentation.ChangesLight);
        Assert.False(augmentation.ChangesPixels);
        const int Count = 4000;
        LightChange[] drawn = [.. Enumerable.Range(0, Count).Select(i => Draw(augmentation, i))];
        Assert.Equal(drawn[7], Draw(augmentation, 7));
        Assert.NotEqual(drawn[7], drawn[8]);
        // What is drawn, from −1 to 1 (the ramp's strength from 0 to 1), and the rest as it was.
        double[] units = word switch
        {
            "offset" => [.. drawn.Select(d => Only(d, d with { Offset = 0 }, d.Offset / 0.1))],
            "gain" => [.. drawn.Select(d => Only(d, d with { Gain = 1 }, Math.Log(d.Gain) / Math.Log(1.25)))],
            "gamma" => [.. drawn.Select(d => Only(d, d with { Gamma = 1 }, Math.Log(d.Gamma) / Math.Log(1.5)))],
            _ => [.. drawn.Select(d => Only(d, d with { Ramp = 0, Angle = 0 }, d.Ramp / 0.15))],
        };
        double low = word == "gradient" ? 0 : -1;
        Assert.All(units, u => Assert.InRange(u, low - 1e-12, 1 + 1e-12));
        // Five standard errors of a uniform mean; the extremes of 4000 draws miss the ends by more than 1 % of the range once in 10^17 times.
        double width = 1 - low, error = 5 * width / Math.Sqrt(12.0 * Count);
        Assert.InRange(units.Average(), ((1 + low) / 2) - error, ((1 + low) / 2) + error);
        Assert.InRange(units.Min(), low - 1e-12, low + (0.01 * width));
        Assert.InRange(units.Max(), 1 - (0.01 * width), 1 + 1e-12);
        if (word == "gradient") Assert.InRange(drawn.Average(d => Math.Cos(d.Angle)), -5 / Math.Sqrt(2.0 * Count), 5 / Math.Sqrt(2.0 * Count));

        static double Only(LightChange change, LightChange without, double unit)
        {
            Assert.Equal(LightChange.None, without);
            Assert.NotEqual(LightChange.None, change);
            return unit;
        }
    }

    [Fact]
    public void OneChangeDoesNotDependOnTheOthers()
    {
        var all = Draw(Augmentation.Parse("offset,gain,gamma,gradient"), 5);
        Assert.Equal(all.Offset, Draw(Augmentation.Parse("offset"), 5).Offset);
        Assert.Equal(all.Gain, Draw(Augmentation.Parse("gain"), 5).Gain);
        Assert.Equal(all.Gamma, Draw(Augmentation.Parse("gamma"), 5).Gamma);
        Assert.Equal((all.Ramp, all.Angle), (Draw(Augmentation.Parse("gradient"), 5).Ramp, Draw(Augmentation.Parse("gradient"), 5).Angle));
    }

    [Fact]
    public void ItIsWhatItSays()
    {
        // Against the definition in plain terms, from 0 to 1; float32 values of at most 1 are good to 6e-8.
        var change = new LightChange(1.2, -0.05, 1.4, 0.1, 2.5);
        float[] values = Values();
        double mean = values.Average();
        float[] changed = (float[])values.Clone();
        change.Apply(changed, Width, 3, (0, 0), (Height, Width), mean);
        double reach = (Math.Abs(Math.Cos(2.5)) * 5) + (Math.Abs(Math.Sin(2.5)) * 3);
        for (int i = 0; i < values.Length; i++)
        {
            int y = i / 3 / Width, x = i / 3 % Width;
            double ramp = ((Math.Cos(2.5) * (x - 5)) + (Math.Sin(2.5) * (y - 3))) / reach;
            double lit = ((values[i] + 1.0) / 2) * (1 + (0.1 * ramp)), middle = (mean + 1) / 2;
            double value = Math.Pow(Math.Clamp(middle + (1.2 * (lit - middle)) - 0.05, 0, 1), 1.4);
            Assert.InRange(changed[i], (2 * value) - 1 - 1e-6, (2 * value) - 1 + 1e-6);
        }
        // The whole range is used and not left.
        new LightChange(5, 0, 1, 0, 0).Apply(changed, Width, 3, (0, 0), (Height, Width), 0);
        Assert.Equal((-1, 1), (changed.Min(), changed.Max()));
    }

    [Theory]
    [InlineData(0.08, 1, 1, 0)] // an offset moves the mean by as much
    [InlineData(0, 1.2, 1, 0)] // contrast about the mean, and a ramp about the middle, leave it
    [InlineData(0, 1, 1, 0.15)]
    public void TheMeanMovesAsMeant(double offset, double gain, double gamma, double ramp)
    {
        float[] values = Values();
        double mean = values.Average(v => (double)v);
        new LightChange(gain, offset, gamma, ramp, 0).Apply(values, Width, 3, (0, 0), (Height, Width), mean);
        // Nothing is clamped; a ramp over a random image leaves its mean only where the image is the same on both sides, as this one is.
        Assert.InRange(values.Average(v => (double)v), mean + (2 * offset) - 1e-6, mean + (2 * offset) + 1e-6);
    }

    [Fact]
    public void APartChangesAsInTheWhole()
    {
        var change = Draw(Augmentation.Parse("offset,gain,gamma,gradient"), 3);
        float[] whole = Values(), part = new float[4 * 5 * 3], again = Values();
        for (int y = 0; y < 4; y++) whole.AsSpan((((y + 2) * Width) + 6) * 3, 15).CopyTo(part.AsSpan(y * 15));
        change.Apply(whole, Width, 3, (0, 0), (Height, Width), 0.1);
        change.Apply(part, 5, 3, (2, 6), (Height, Width), 0.1);
        for (int y = 0; y < 4; y++) Assert.Equal(whole.AsSpan((((y + 2) * Width) + 6) * 3, 15).ToArray(), part[(y * 15)..((y + 1) * 15)]);
        LightChange.None.Apply(again, Width, 3, (0, 0), (Height, Width), 0);
        Assert.Equal(Values(), again);
        // An image of one pixel has no ramp.
        float[] one = [0.5f];
        new LightChange(1, 0, 1, 0.15, 1).Apply(one, 1, 1, (0, 0), (1, 1), 0);
        Assert.Equal(0.5f, one[0]);
    }

    /// <summary>[Height, Width, 3] from −0.6 to 0.6, mirrored left to right.</summary>
    private static float[] Values() =>
        [.. Enumerable.Range(0, Height * Width * 3).Select(i =>
            (float)(0.6 * Math.Sin((i % 3) + (Math.Abs((i / 3 % Width) - 5) * 1.7) + (i / 3 / Width * 2.3))))];

    private static LightChange Draw(Augmentation augmentation, int index)
    {
        var random = new SplitMix64(9, 4, index);
        return LightChange.Draw(augmentation, ref random);
    }
}
