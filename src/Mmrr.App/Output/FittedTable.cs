using Spectre.Console;
using Spectre.Console.Rendering;

namespace Mmrr.App.Output;

/// <summary>A column of a <see cref="FittedTable"/>.</summary>
/// <param name="Head">Its heading; may have several lines.</param>
/// <param name="IsNumber">Whether its cells are right-aligned.</param>
/// <param name="Rank">On a narrow terminal, columns with the highest rank are omitted first; rank 0 never.</param>
internal sealed record Column(string Head, bool IsNumber = false, int Rank = 0);

/// <summary>
/// A text table. On a terminal it has lines and shows what fits: columns are omitted by rank, and where the mandatory columns do not fit either, each row
/// becomes several lines. Elsewhere it has plain columns.
/// </summary>
internal sealed class FittedTable(params Column[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row.</summary>
    /// <param name="cells">One for each column, in Spectre's markup; may have several lines.</param>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Prints the table to standard output.</summary>
    public void Print()
    {
        var console = Screen.ForTables();
        int[] shown = [.. Enumerable.Range(0, columns.Length)];
        for (; ; )
        {
            var table = Of(shown);
            if (!StandardOutput.IsTerminal || Fits(console, table))
            {
                console.Write(table);
                if (!StandardOutput.IsTerminal) console.WriteLine();
                else if (shown.Length < columns.Length) WriteLeftOut(shown);
                return;
            }
            int last = shown.MaxBy(i => columns[i].Rank);
            if (columns[last].Rank == 0) break;
            shown = [.. shown.Where(i => i != last)];
        }
        if (columns[0].Head.Length > 0) Console.WriteLine($"{columns[0].Head}:");
        foreach (string[] row in _rows) WriteLines(row);
    }

    private static bool Fits(IAnsiConsole console, Table table)
    {
        // The width that the table needs without a limit.
        const int Endless = 10_000;
        return ((IRenderable)table).Measure(RenderOptions.Create(console), Endless).Max <= console.Profile.Width;
    }

    private Table Of(int[] shown)
    {
        var table = new Table { Border = StandardOutput.IsTerminal ? TableBorder.Rounded : TableBorder.None };
        foreach (int i in shown)
        {
            var column = new TableColumn(new Text(columns[i].Head)) { NoWrap = true };
            table.AddColumn(columns[i].IsNumber ? column.RightAligned() : column);
        }
        foreach (string[] row in _rows) table.AddRow(shown.Select(i => new Markup(row[i])));
        return table;
    }

    private void WriteLeftOut(int[] shown)
    {
        var names = Enumerable.Range(0, columns.Length).Except(shown).Select(i => columns[i].Head.Replace('\n', ' '));
        Console.WriteLine($"too narrow for: {string.Join(", ", names)}");
    }

    private void WriteLines(string[] row)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            // Plain text: Spectre would wrap the lines.
            string cell = Markup.Remove(row[i]).Replace("\n", ", ", StringComparison.Ordinal);
            string head = columns[i].Head.Replace('\n', ' ');
            if (i == 0) Console.WriteLine(cell);
            else if (cell.Length > 0) Console.WriteLine($"  {head}: {cell}");
        }
    }
}
