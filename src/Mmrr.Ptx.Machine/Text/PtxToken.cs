namespace Mmrr.Ptx.Machine.Text;

/// <summary>A word, number or sign of a PTX text, with its line from 1.</summary>
internal readonly record struct PtxToken(string Text, int Line)
{
    public bool Is(string text) => Text == text;
}

/// <summary>Cuts PTX into tokens, without comments: "Lexical Elements" of the PTX ISA manual.</summary>
internal static class PtxLexer
{
    public static List<PtxToken> Tokens(string ptx)
    {
        var tokens = new List<PtxToken>();
        int line = 1;
        for (int i = 0; i < ptx.Length;)
        {
            char c = ptx[i];
            if (c == '\n') line++;
            if (char.IsWhiteSpace(c))
            {
                i++;
            }
            else if (c == '/' && i + 1 < ptx.Length && ptx[i + 1] == '/')
            {
                while (i < ptx.Length && ptx[i] != '\n') i++;
            }
            else if (c == '/' && i + 1 < ptx.Length && ptx[i + 1] == '*')
            {
                int end = ptx.IndexOf("*/", i + 2, StringComparison.Ordinal);
                int stop = end < 0 ? ptx.Length : end + 2;
                for (; i < stop; i++) if (ptx[i] == '\n') line++;
            }
            else if (c == '"')
            {
                int end = ptx.IndexOf('"', i + 1);
                int stop = end < 0 ? ptx.Length : end + 1;
                tokens.Add(new PtxToken(ptx[i..stop], line));
                i = stop;
            }
            else if (IsWord(c))
            {
                int start = i;
                while (i < ptx.Length && (IsWord(ptx[i]) || (ptx[i] == ':' && i + 1 < ptx.Length && ptx[i + 1] == ':')))
                    i += ptx[i] == ':' ? 2 : 1;
                tokens.Add(new PtxToken(ptx[start..i], line));
            }
            else
            {
                tokens.Add(new PtxToken(c.ToString(), line));
                i++;
            }
        }
        return tokens;
    }

    // Dots belong to the words of directives, opcodes, special registers and decimal numbers.
    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '%' or '.';
}
