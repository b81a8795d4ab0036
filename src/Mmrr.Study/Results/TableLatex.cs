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
            var grid = TableText.Turned(results.Study, [
                [results.Study.RowKind, .. table.Columns.Select(c => $"{Tex(c.Head)}{(c.Source == ColumnSource.Quoted ? ", quoted" : "")}")],
                .. table.Rows.Select(row =>
                {
                    var best = table.Best(row);
                    var values = row.Values.Select(v => Tex(TableText.Text(v, row)));
                    return (string[])
                        [Tex(results.Study.LabelOf(row.Data, row.Name)), .. values.Select((v, i) => best.Contains(i) ? $"\\textbf{{{v}}}" : v)];
                }),
            ]);
            string columns = $"l{new string('c', grid[0].Length - 1)}";
            text.Append(CultureInfo.InvariantCulture, $"\\begin{{table}}\n\\centering\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n");
            for (int i = 0; i < grid.Count; i++)
            {
                bool isMean = i > 0 && !results.Study.MethodsAsRows && table.Rows[i - 1].IsMean;
                // The first in braces: after the end of a row, [ and * belong to it.
                string row = $"{{{grid[i][0]}}} & {string.Join(" & ", grid[i][1..])}";
                text.Append(CultureInfo.InvariantCulture, $"{(i == 1 || isMean ? "\\midrule\n" : "")}{row} \\\\\n");
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
