using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>What is made of an image's errors.</summary>
public enum ScoreRule
{
    /// <summary>The paper's: the sum over the levels of the mean squared errors. Tells one kind of images from others.</summary>
    [JsonStringEnumMemberName("paper")]
    Paper,

    /// <summary>
    /// How far the errors deviate, at the places where they do most, from those of normal images: <see cref="DeviationRule"/>. Finds small defects.
    /// </summary>
    [JsonStringEnumMemberName("deviation")]
    Deviation,

    /// <summary>
    /// How far the image, its edges and the errors of its restorations are, on coarse grids, from the nearest of normal images. Tells one kind of images from
    /// others.
    /// </summary>
    [JsonStringEnumMemberName("neighbours")]
    Neighbours,
}

/// <summary>Rules in texts.</summary>
public static class ScoreRuleNames
{
    /// <summary>The rule's name in files, options and messages.</summary>
    public static string Name(this ScoreRule rule) => rule switch
    {
        ScoreRule.Paper => "paper",
        ScoreRule.Deviation => "deviation",
        _ => "neighbours",
    };
}
