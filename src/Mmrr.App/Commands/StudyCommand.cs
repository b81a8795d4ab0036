using System.CommandLine;
using System.Globalization;
using System.Text;
using Mmrr.App.Output;
using Mmrr.App.Reports;
using Mmrr.Nn.Checkpoints;
using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Study.Results;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;
using Spectre.Console;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr study</c>: tables of classes, methods and seeds from one file.</summary>
internal static class StudyCommand
{
    private const string DefaultFolder = "runs/study";

    private static readonly Argument<string> s_file = new("FILE") { Description = "The study, YAML or JSON; studies/ has those of the paper's tables." };
    private static readonly Option<string> s_output = new("--out")
    {
        HelpName = "DIR",
        Description = "Folder of cells and tables. Studies with a common folder share cells with the same options.",
        DefaultValueFactory = _ => DefaultFolder
    };

    /// <summary>The command.</summary>
    public static Command Create() => new("study", "Tables of classes, methods and seeds from one file: plan, run, table, status, submit.")
    {
        s_file, Plan(), Run(), Table(), Status(), SubmitCommand.Create(s_file, s_output),
    };

    /// <summary>Reads the study of a command.</summary>
    /// <exception cref="InvalidDataException">Something in the file is wrong; the message has the line.</exception>
    public static (StudyDefinition Study, StudyFolder Folder, IReadOnlyList<Cell> Cells) Read(ParseResult parsed)
    {
        string path = parsed.GetValue(s_file)!;
        if (!File.Exists(path) && !Directory.Exists(path)) throw new FileNotFoundException($"{path}: no such file");
        var study = StudyFile.Read(path, new ProgramCommands());
        return (study, new StudyFolder(parsed.GetValue(s_output)!), StudyCells.Of(study));
    }

    /// <summary><c>--root</c>.</summary>
    public static Option<string> Root() => new("--root")
    {
        HelpName = "DIR",
        Description = "Folder that the data of the study is relative to; the current folder when not given.",
        DefaultValueFactory = _ => "."
    };

    private static Command Plan()
    {
        var jobs = Jobs();
        var command = new Command("plan", "List the cells with their state and the estimated time.") { s_output, jobs };
        command.SetAction(parsed =>
        {
            var (_, folder, cells) = Read(parsed);
            var estimate = new TimeEstimate(folder, cells);
            var table = new FittedTable(
                new Column("cell", IsNumber: true), new Column("data", Rank: 1), new Column("class"), new Column("method"), new Column("seed", IsNumber: true),
                new Column("state"), new Column("minutes", IsNumber: true), new Column("folder", Rank: 2));
            double left = 0;
            foreach (var cell in cells)
            {
                var state = folder.StateOf(cell);
                double minutes = estimate.Of(cell);
                if (state != CellState.Done) left += minutes;
                string[] texts =
                [
                    Text($"{cell.Index}"), cell.Data.Kind, cell.Row, cell.Method.Name, Text($"{cell.Seed}"), Word(state), Text($"{minutes:0.#}"), cell.Name,
                ];
                table.Add([.. texts.Select(Markup.Escape)]);
            }
            table.Print();
            int done = cells.Count(folder.IsDone), atOnce = parsed.GetValue(jobs) ?? 1;
            Console.WriteLine(Text($"{cells.Count} cells, {done} done; the others take about {Hours(left / atOnce)}"));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Run()
    {
        var (root, jobs, device, threads) = (Root(), Jobs(), CommonOptions.Device(), CommonOptions.Threads());
        var index = CommonOptions.Ranged(
            new Option<int?>("--index") { HelpName = "I", Description = "Only this cell of the plan, from 0; waits where another process works on it." },
            0, int.MaxValue);
        var shard = new Option<string?>("--shard") { HelpName = "I/N", Description = "Only every Nth cell, from the Ith; I from 0 to N-1." };
        var command = new Command("run", "Train and evaluate the cells that are not done; continues where it was stopped.")
        {
            s_output, root, jobs, index, shard, device, threads,
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            var (study, folder, cells) = Read(parsed);
            if (parsed.GetValue(index) is not null && parsed.GetValue(shard) is not null)
                throw new UsageException("--index and --shard contradict each other; give one");
            IReadOnlyList<Cell> chosen = cells;
            if (parsed.GetValue(index) is { } i)
            {
                if (i >= cells.Count) throw new UsageException($"--index is {i}, expected 0 to {cells.Count - 1}: the study has {cells.Count} cells");
                chosen = [cells[i]];
            }
            if (parsed.GetValue(shard) is { } text) chosen = Shard(cells, text);
            string place = Path.GetFullPath(parsed.GetValue(root)!);
            folder.Prepare();
            // A task of a cluster (--index, --shard) keeps the failure with its cell, as status tells it.
            Cell[] left = [.. chosen.Where(cell => !folder.IsDone(cell))];
            if (chosen == cells && left.Length > 0 && !left.Any(cell => Path.Exists(Path.Combine(place, cell.Data.Root))))
            {
                string roots = string.Join(", ", left.Select(cell => cell.Data.Root).Distinct());
                throw new UsageException($"--root {place}: none of the study's data is in it ({roots})");
            }
            int atOnce = Math.Min(parsed.GetValue(jobs) ?? 1, chosen.Count);
            int? own = parsed.GetValue(threads) ?? (atOnce > 1 ? Math.Max(1, Environment.ProcessorCount / atOnce) : null);
            string name = parsed.GetValue(device)!;
            if (name is not ("auto" or "cpu")) own = null;
            var run = new StudyRun(study, folder, cells, place, name, own);
            return run.Run(chosen, atOnce, wait: parsed.GetValue(index) is not null);
        });
        return command;
    }

    private static Command Table()
    {
        var command = new Command("table", "Print the tables as Markdown; write them as Markdown, CSV and LaTeX, and the report.") { s_output };
        command.SetAction(parsed =>
        {
            var (study, folder, cells) = Read(parsed);
            var results = new StudyResults(study, folder, cells);
            foreach (string problem in results.Problems) Complaint.Write(problem);
            string target = folder.TablesOf(study.Name);
            if (results.Done == 0) OutputPlace.Check("--out", target);
            StudyTable[] tables = [.. study.Figures.Select(figure => StudyTable.Of(results, figure))];
            var differences = study.Figures.Contains("image-auroc") ? Differences.Of(results, Complaint.Write) : [];
            string markdown = TableText.Markdown(results, tables, differences);
            Console.Write(markdown);
            try
            {
                OutputPlace.Check("--out", target);
                Directory.CreateDirectory(target);
                Write(Path.Combine(target, "table.md"), markdown);
                Write(Path.Combine(target, "table.csv"), TableText.Csv(results, tables));
                Write(Path.Combine(target, "table.tex"), TableLatex.Of(results, tables));
                StudyReport.Save(Path.Combine(target, "report.html"), results, tables, differences);
            }
            catch (Exception e) when (Outside.Is(e))
            {
                // For example another user's folder, or a full disk.
                Complaint.Write($"{Outside.Message(e)}; the tables are printed, but not all of their files are written");
                return ExitCode.BadInput;
            }
            return results.Problems.Count == 0 ? ExitCode.Success : ExitCode.BadInput;
        });
        return command;
    }

    private static Command Status()
    {
        var command = new Command("status", "Say how many cells are done, which are being worked on and which failed.") { s_output };
        command.SetAction(parsed =>
        {
            var (_, folder, cells) = Read(parsed);
            var states = cells.Select(cell => (Cell: cell, State: folder.StateOf(cell))).ToList();
            Console.WriteLine(
                Text($"{cells.Count} cells: ")
                + string.Join(", ", Enum.GetValues<CellState>().Reverse().Select(s => Text($"{states.Count(c => c.State == s)} {Word(s)}"))));
            foreach (var (cell, _) in states.Where(s => s.State == CellState.Running))
                Console.WriteLine(Text($"running: cell {cell.Index}: {cell.Title} ({Claim.Holder(folder.ClaimOf(cell)) ?? "just ended"})"));
            foreach (var (cell, _) in states.Where(s => s.State == CellState.Failed))
                Console.WriteLine(Text($"failed: cell {cell.Index}: {cell.Title}: {folder.FailureOf(cell)}"));
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<int?> Jobs() => CommonOptions.Ranged(
        new Option<int?>("--jobs") { HelpName = "J", Description = "Cells at once, each with its part of the cores; 1 when not given." }, 1, 1024);

    private static IReadOnlyList<Cell> Shard(IReadOnlyList<Cell> cells, string text)
    {
        if (text.Split('/') is not [var first, var second]
            || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int i)
            || !int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out int n) || n < 1 || i >= n)
            throw new UsageException($"--shard is {text}, expected I/N with I from 0 to N-1, such as 0/4");
        return [.. cells.Where(c => c.Index % n == i)];
    }

    /// <summary>Hours and minutes.</summary>
    private static string Hours(double minutes) => minutes < 90 ? Text($"{minutes:0} minutes") : Text($"{minutes / 60:0.#} hours");

    private static string Word(CellState state) => state.ToString().ToLowerInvariant();

    private static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
