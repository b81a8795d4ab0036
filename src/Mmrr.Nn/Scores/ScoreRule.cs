using System.Text.Json.Serialization;

namespace Mmrr.Nn;

/// <summary>How a score is computed from an image's errors.</summary>
public enum ScoreRule
{
    /// <summary>The paper's rule: the sum over the levels of the mean squared errors. Distinguishes one kind of image from others.</summary>
    [JsonStringEnumMemberName("paper")]
    Paper,

    /// <summary>The largest deviations of the errors from those of normal images: <see cref="DeviationRule"/>. Finds small defects.</summary>
    [JsonStringEnumMemberName("deviation")]
    Deviation,

    /// <summary>
    /// The distances of the image, its edges and its restoration errors, on coarse grids, from the nearest normal images. Distinguishes one kind of image
    /// from others.
    /// </summary>
    [JsonStringEnumMemberName("neighbours")]
    Neighbours,
}

/// <summary>Names of rules in texts.</summary>
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
