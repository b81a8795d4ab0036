using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Data;

/// <summary>
/// Identifies images by their files' bytes, SHA-256 in hexadecimal: independent of the name and of the decoder's version. A file that was saved again
/// counts as different.
/// </summary>
internal static class ContentHash
{
    /// <summary>The hash of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(Sha256.HashData(bytes));

    /// <summary>The hash of a file; empty where it cannot be read: loading it reports the reason.</summary>
    public static string OfFile(string path)
    {
        if (!RealPath.HasContent(path))
            return "";
        try
        {
            using var stream = File.OpenRead(path);
            return Convert.ToHexStringLower(Sha256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The hashes of files, read on several threads.</summary>
    public static string[] OfFiles(IReadOnlyList<string> paths)
    {
        var hashes = new string[paths.Count];
        Parallel.For(0, hashes.Length, i => hashes[i] = OfFile(paths[i]));
        return hashes;
    }
}
