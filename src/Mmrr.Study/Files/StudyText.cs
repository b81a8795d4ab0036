using System.Text;

namespace Mmrr.Study.Files;

/// <summary>The characters of a study's file.</summary>
internal static class StudyText
{
    // What a study of the paper's largest table needs fifty times over.
    private const int Longest = 1 << 20;

    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file, once: it may be a pipe. UTF-8, or UTF-16 with a byte order mark.</summary>
    /// <exception cref="InvalidDataException">It is too long, or not text.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Read(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Longest + 1];
        int count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (count > Longest) throw new InvalidDataException($"{path}: more than {Longest} bytes, expected a study");
        var read = bytes.AsSpan(0, count);
        try
        {
            return read switch
            {
                [0xFF, 0xFE, .. var little] => new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true).GetString(little),
                [0xFE, 0xFF, .. var big] => new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true).GetString(big),
                [0xEF, 0xBB, 0xBF, .. var marked] => s_utf8.GetString(marked),
                _ => s_utf8.GetString(read),
            };
        }
        catch (DecoderFallbackException e)
        {
            int end = Math.Clamp(e.Index, 0, count);
            throw new InvalidDataException(
                FormattableString.Invariant($"{path}:{1 + read[..end].Count((byte)'\n')}: not UTF-8 (byte {end} of the file)"), e);
        }
    }

    /// <summary>The first control character but tabs and line ends, or half of a surrogate pair; null where there is none.</summary>
    public static char? Foreign(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r')) return text[i];
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return text[i];
            i++;
        }
        return null;
    }
}
