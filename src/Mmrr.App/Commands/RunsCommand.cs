using System.CommandLine;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Spectre.Console;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr runs</c>: lists the runs of a folder with their figures.</summary>
internal static class RunsCommand
{
    private static readonly string[] s_columns =
        ["run", "data", "class", "method", "preset", "width", "steps", "state", "image AUROC", "without refinement", "minutes", "date"];

    // Columns of numbers, right-aligned.
    private static readonly int[] s_numbers = [5, 6, 8, 9, 10];

    // Columns omitted on a narrow terminal, in this order; the run and its AUROC stay.
    private static readonly int[] s_dispensable = [5, 4, 1, 6, 2, 9, 11, 10, 3, 7];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("runs", "List runs with their figures: a table, or tab-separated lines where standard output is not a terminal.") { folder };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            if (!Directory.Exists(path)) throw new UsageException($"{path}: {(File.Exists(path) ? "is a file, expected a folder of runs" : "no such folder")}");
            return Run(path);
        });
        return command;
    }

    private static int Run(string path)
    {
        var found = new List<(RunFolder Run, RunSummary Summary)>();
        int code = ExitCode.Success;
        foreach (string folder in Directory.GetDirectories(path).Order(StringComparer.Ordinal).Prepend(path))
        {
            try
            {
                // A folder without search permission appears to be empty.
                if (!File.Exists(Path.Combine(folder, RunFolder.ConfigurationFile)) && Directory.EnumerateFileSystemEntries(folder).All(_ => true)) continue;
                var run = RunFolder.Open(folder);
                found.Add((run, RunSummary.Of(run)));
            }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                Complaint.Write(e.Message);
                code = ExitCode.BadInput;
            }
        }
        if (!StandardOutput.IsTerminal) WriteLines(found);
        else WriteTable(found);
        return code;
    }

    private static void WriteLines(List<(RunFolder Run, RunSummary Summary)> runs)
    {
        Console.WriteLine(string.Join('\t', s_columns).Replace(' ', '_'));
        foreach (var (run, summary) in runs) Console.WriteLine(string.Join('\t', Cells(run, summary).Select(cell => cell.Replace('\t', ' '))));
    }

    private static void WriteTable(List<(RunFolder Run, RunSummary Summary)> runs)
    {
        // Narrow, and without the time of day, so that twelve columns fit a terminal.
        var table = new FittedTable([
            .. s_columns.Select((name, i) => new Column(
                name.Replace(" refinement", "").Replace(' ', '\n'), s_numbers.Contains(i),
                s_dispensable.Length - (Array.IndexOf(s_dispensable, i) is >= 0 and var at ? at : s_dispensable.Length))),
        ]);
        foreach (var (run, summary) in runs)
        {
            string color = summary.State switch
            {
                RunState.Evaluated => "green",
                RunState.Interrupted => "yellow",
                RunState.Training => "blue",
                _ => "default"
            };
            string[] cells = [.. Cells(run, summary).Select(Markup.Escape)];
            cells[7] = $"[{color}]{cells[7]}[/]";
            cells[^1] = cells[^1].Split(' ')[0];
            table.Add(cells);
        }
        if (runs.Count > 0) table.Print();
        foreach (var (run, _) in runs.Where(r => r.Summary.State == RunState.Interrupted)) Console.WriteLine($"resume with: mmrr train --resume {run.Path}");
    }

    private static string[] Cells(RunFolder run, RunSummary summary)
    {
        var (o, c) = (run.Options, CultureInfo.InvariantCulture);
        return
        [
            run.Path, o.Data, o.Normal, AnomalyMethods.Of(o.Model).Name, o.Preset, o.Model.Width.ToString(c), summary.Steps.ToString(c), summary.StateName,
            summary.Auroc?.ToString("F4", c) ?? "", summary.AurocWithoutRefinement?.ToString("F4", c) ?? "", summary.Minutes.ToString("F1", c),
            summary.Begun.ToString("yyyy-MM-dd HH:mm", c),
        ];
    }
}
