namespace Mmrr.Study.Clusters;

/// <summary>The names that Kubernetes takes (RFC 1123).</summary>
internal static class DnsName
{
    /// <summary>The most characters of a label.</summary>
    public const int LongestLabel = 63;

    /// <summary>What a subdomain is, for messages.</summary>
    public const string Expected = "lower-case letters, digits, hyphens and dots, with a letter or digit at both ends";

    private const int LongestSubdomain = 253;

    /// <summary>Whether a name is labels with dots between them: the name of a volume claim.</summary>
    public static bool IsSubdomain(string name) => name.Length <= LongestSubdomain && name.Split('.').All(IsPart);

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] != '-' && part[^1] != '-' && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
