using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Data;

/// <summary>
/// Tells images apart by their files' bytes, SHA-256 in hexadecimal: neither a name nor a version of a decoder changes it. A file that was saved again is
/// another one.
/// </summary>
internal static class ContentHash
{
    /// <summary>Of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(Sha256.HashData(bytes));

    /// <summary>Of a file; empty where it cannot be read: who loads it says why.</summary>
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

    /// <summary>Of files, read on several threads.</summary>
    public static string[] OfFiles(IReadOnlyList<string> paths)
    {
        var hashes = new string[paths.Count];
        Parallel.For(0, hashes.Length, i => hashes[i] = OfFile(paths[i]));
        return hashes;
    }
}
