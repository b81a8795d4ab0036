using System.Buffers.Binary;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data.Integrity;

namespace Mmrr.Training.Data;

/// <summary>
/// Detects the program's own output, which is never data: runs, recognised by their files, and pictures (heatmaps, figures, sheets), PNG files that name
/// the program as their software, wherever they were moved.
/// </summary>
internal static class OwnOutput
{
    /// <summary>The configuration file of a run.</summary>
    public const string RunFile = "run.json";

    // The signature and the header chunk, which comes first.
    private const int AfterHeader = 33;

    // The text chunk directly follows the header, or follows other chunks where another program saved the picture again.
    private const int Searched = 1024;

    private static readonly string[] s_besideRunFile = [DataRecord.FileName, "training.safetensors", .. AnomalyMethods.CheckpointFiles, "history.csv"];

    private static ReadOnlySpan<byte> Mark => "tEXtSoftware\0mmrr"u8;

    private static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    /// <summary>Whether a folder is a run.</summary>
    public static bool IsRun(string folder) =>
        File.Exists(Path.Combine(folder, RunFile)) && Array.Exists(s_besideRunFile, file => File.Exists(Path.Combine(folder, file)));

    /// <summary>Whether a file's bytes are a picture made by this program.</summary>
    public static bool IsPicture(ReadOnlySpan<byte> file) => file.StartsWith(Png) && file[..Math.Min(Searched, file.Length)].IndexOf(Mark) >= 0;

    /// <summary>Whether a file is such a picture; false where it cannot be read, which is reported elsewhere.</summary>
    public static bool IsPicture(string path)
    {
        if (!Path.GetExtension(path).Equals(".png", StringComparison.OrdinalIgnoreCase)) return false;
        try
        {
            if (!RealPath.HasContent(path)) return false;
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            Span<byte> beginning = stackalloc byte[Searched];
            return IsPicture(beginning[..stream.ReadAtLeast(beginning, Searched, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Encodes a picture as a PNG that names this program.</summary>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    public static byte[] EncodePng(ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        byte[] png = ImageFile.EncodePng(pixels, height, width, channels);
        var chunk = new byte[Mark.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, Mark.Length - 4);
        Mark.CopyTo(chunk.AsSpan(4));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + Mark.Length), Checksums.Crc32(Mark));
        return [.. png[..AfterHeader], .. chunk, .. png[AfterHeader..]];
    }

    /// <summary>Writes such a PNG. A reader sees the old file or the complete new one, never a partial one.</summary>
    /// <param name="path">File to write; its folder must exist.</param>
    /// <param name="pixels">[height, width, channels].</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    public static void WritePng(string path, ReadOnlySpan<byte> pixels, int height, int width, int channels)
    {
        byte[] png = EncodePng(pixels, height, width, channels);
        AtomicFile.Write(path, stream => stream.Write(png));
    }
}
