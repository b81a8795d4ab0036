using System.Globalization;
using System.Text;

namespace Mmrr.Study.Results;

/// <summary>Tables as LaTeX, for any of its engines.</summary>
internal static class TableLatex
{
    // Letters that pdflatex does not know as text.
    private static readonly Dictionary<char, string> s_symbols = new()
    {
        ['\\'] = "\\textbackslash{}",
        ['~'] = "\\textasciitilde{}",
        ['^'] = "\\textasciicircum{}",
        ['<'] = "$<$",
        ['>'] = "$>$",
        ['|'] = "$|$",
        ['±'] = "$\\pm$",
        ['×'] = "$\\times$",
        ['−'] = "$-$",
        ['≤'] = "$\\leq$",
        ['≥'] = "$\\geq$",
        ['→'] = "$\\to$",
        ['∞'] = "$\\infty$",
        ['√'] = "$\\surd$",
        ['α'] = "$\\alpha$",
        ['β'] = "$\\beta$",
        ['γ'] = "$\\gamma$",
        ['δ'] = "$\\delta$",
        ['ε'] = "$\\varepsilon$",
        ['η'] = "$\\eta$",
        ['θ'] = "$\\theta$",
        ['κ'] = "$\\kappa$",
        ['λ'] = "$\\lambda$",
        ['μ'] = "$\\mu$",
        ['ν'] = "$\\nu$",
        ['π'] = "$\\pi$",
        ['ρ'] = "$\\rho$",
        ['σ'] = "$\\sigma$",
        ['τ'] = "$\\tau$",
        ['φ'] = "$\\varphi$",
        ['χ'] = "$\\chi$",
        ['ψ'] = "$\\psi$",
        ['ω'] = "$\\omega$",
        ['Δ'] = "$\\Delta$",
        ['Σ'] = "$\\Sigma$",
        ['Ω'] = "$\\Omega$",
    };

    /// <summary>The tables, for the package booktabs.</summary>
    public static string Of(StudyResults results, IReadOnlyList<StudyTable> tables)
    {
        var text = new StringBuilder("% needs \\usepackage{booktabs}\n");
        foreach (var table in tables)
        {
            string columns = $"l{new string('c', table.Columns.Count)}";
            text.Append(CultureInfo.InvariantCulture, $"\\begin{{table}}\n\\centering\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n");
            text.Append("class").Append(string.Concat(table.Columns.Select(c => $" & {Tex(c.Head)}{(c.Source == ColumnSource.Quoted ? ", quoted" : "")}")));
            text.Append(" \\\\\n\\midrule\n");
            foreach (var row in table.Rows)
            {
                var best = table.Best(row);
                if (row.IsMean) text.Append("\\midrule\n");
                // In braces: after the end of a row, [ and * belong to it.
                text.Append(CultureInfo.InvariantCulture, $"{{{Tex(results.Study.LabelOf(row.Data, row.Name))}}}");
                for (int i = 0; i < row.Values.Count; i++)
                {
                    string value = Tex(TableText.Text(row.Values[i], row));
                    text.Append(CultureInfo.InvariantCulture, $" & {(best.Contains(i) ? $"\\textbf{{{value}}}" : value)}");
                }
                text.Append(" \\\\\n");
            }
            text.Append("\\bottomrule\n\\end{tabular}\n");
            text.Append(CultureInfo.InvariantCulture, $"\\caption{{{Tex(results.Study.Title)}: {CellFigures.NameOf(table.Figure)}.}}\n\\end{{table}}\n");
        }
        return text.ToString();
    }

    private static string Tex(string text) =>
        string.Concat(text.Select(c =>
            s_symbols.TryGetValue(c, out string? symbol) ? symbol
            : c is '&' or '%' or '$' or '#' or '_' or '{' or '}' ? $"\\{c}"
            : $"{c}"));
}
