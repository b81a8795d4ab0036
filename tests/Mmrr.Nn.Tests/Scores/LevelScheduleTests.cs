using System.Text.Json;
using Xunit;

namespace Mmrr.Nn.Tests;

public class LevelScheduleTests
{
    [Fact]
    public void UniformLevelsGoFromZeroToOneInEqualSteps()
    {
        Assert.Equal([0f, 1f], LevelSchedule.Uniform(2).Levels);
        Assert.Equal([0f, 0.25f, 0.5f, 0.75f, 1f], LevelSchedule.Uniform(5).Levels);
        Assert.Equal([.. Enumerable.Range(0, 60).Select(l => (float)(l / 59.0))], LevelSchedule.Parse("60").Levels);
    }

    [Theory]
    [InlineData("log:4:0.001:1", 0.001, 1)]
    [InlineData("log:7:0.017:0.9", 0.017, 0.9)]
    [InlineData("log:12", LevelSchedule.DefaultLow, LevelSchedule.DefaultHigh)]
    [InlineData("log:1000", LevelSchedule.DefaultLow, LevelSchedule.DefaultHigh)]
    [InlineData("log:2:1e-9:1", 1e-9, 1)]
    public void LogarithmicLevelsAreEquallyApartInTheirLogarithm(string text, double low, double high)
    {
        var schedule = LevelSchedule.Parse(text);
        double[] logs = [.. schedule.Levels.ToArray().Select(l => Math.Log(l))];
        Assert.Equal(((float)low, (float)high), (schedule.Levels[0], schedule.Levels[^1]));
        double step = (Math.Log(high) - Math.Log(low)) / (schedule.Count - 1);
        // A float32 is off by at most 2^-24 of itself, and its logarithm by as much.
        for (int l = 0; l < logs.Length; l++) Assert.InRange(logs[l] - (Math.Log(low) + (l * step)), -7e-8, 7e-8);
    }

    [Theory]
    [InlineData("uniform:2")]
    [InlineData("uniform:60")]
    [InlineData("uniform:49")] // 49·(1/49) is not 1 in float64
    [InlineData("log:15")]
    public void TheWeightsIntegrateAConstantToOne(string text)
    {
        var schedule = LevelSchedule.Parse(text);
        Assert.Equal(schedule.Count, schedule.Weights.Length);
        double sum = 0;
        foreach (double weight in schedule.Weights)
        {
            Assert.True(weight > 0);
            sum += weight;
        }
        Assert.InRange(sum, 1 - (schedule.Count * 1.2e-16), 1 + (schedule.Count * 1.2e-16));
    }

    [Theory]
    [InlineData("15", "uniform:15")]
    [InlineData("uniform:15", "uniform:15")]
    [InlineData("0,0.0040,1e-2", "0,0.004,0.01")]
    [InlineData("log:12", "log:12:0.01:1")]
    [InlineData("log:12:0.01:1", "log:12:0.01:1")]
    [InlineData("log:10:0.0050:3e-1", "log:10:0.005:0.3")]
    [InlineData("log:5:0.1:0.30000000000000004", "log:5:0.1:0.30000000000000004")]
    public void ATextIsReadAndWrittenBack(string text, string name)
    {
        var schedule = LevelSchedule.Parse(text);
        Assert.Equal((name, name), (schedule.Name, schedule.ToString()));
        var again = LevelSchedule.Parse(name);
        Assert.Equal(schedule.Levels, again.Levels);
        Assert.True(schedule == again && schedule.Equals((object)again) && schedule.GetHashCode() == again.GetHashCode());
        Assert.True(schedule != LevelSchedule.Uniform(7) && schedule != null);
        Assert.Equal(schedule, JsonSerializer.Deserialize<LevelSchedule>(JsonSerializer.Serialize(schedule)));
        Assert.Equal($"\"{name}\"", JsonSerializer.Serialize(schedule));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("1001")]
    [InlineData("15.5")]
    [InlineData("1e2")]
    [InlineData(" 15")]
    [InlineData("uniform")]
    [InlineData("uniform:")]
    [InlineData("uniform:1")]
    [InlineData("Uniform:15")]
    [InlineData("uniform:15:0:1")]
    [InlineData("log:1")]
    [InlineData("0,")]
    [InlineData("0,x")]
    [InlineData("0.2,0.1")]
    [InlineData("0.1,0.1")]
    [InlineData("-0.1,0.1")]
    [InlineData("0.5,1.1")]
    [InlineData("0,NaN")]
    [InlineData("log:12:0.01")]
    [InlineData("log:12:0:1")]
    [InlineData("log:12:-0.1:1")]
    [InlineData("log:12:0,01:1")]
    [InlineData("log:12:0.5:0.5")]
    [InlineData("log:12:0.5:0.1")]
    [InlineData("log:12:0.01:1.5")]
    [InlineData("log:12:nan:1")]
    [InlineData("log:12:0.01:infinity")]
    [InlineData("log:1000:0.999999:1")] // not apart in float32
    [InlineData("log:12:0.01:1:1")]
    public void OtherTextsAreRefusedInOneLine(string text)
    {
        string message = Assert.Throws<ArgumentException>(() => LevelSchedule.Parse(text)).Message;
        Assert.StartsWith($"levels is {text}, expected ", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<LevelSchedule>(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData("15", "uniform:15")]
    [InlineData("1", null)]
    [InlineData("2147483648", null)]
    [InlineData("15.5", null)]
    [InlineData("true", null)]
    [InlineData("[15]", null)]
    public void ANumberInJsonIsAnEarlierVersionsUniform(string json, string? name)
    {
        if (name is null) Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<LevelSchedule>(json));
        else Assert.Equal(name, JsonSerializer.Deserialize<LevelSchedule>(json)!.Name);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1001)]
    public void SoFewOrSoManyAreRefused(int count)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LevelSchedule.Uniform(count));
        Assert.Throws<ArgumentOutOfRangeException>(() => LevelSchedule.Logarithmic(count));
    }
}
