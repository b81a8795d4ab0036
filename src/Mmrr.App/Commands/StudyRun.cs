using System.Collections.Concurrent;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Study.Cells;
using Mmrr.Study.Files;
using Mmrr.Study.Results;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary>Runs cells of a study with the commands of the program, several at once if asked; a cell that fails does not end the others.</summary>
/// <param name="study">The study.</param>
/// <param name="folder">Its folder, prepared.</param>
/// <param name="cells">All of its cells.</param>
/// <param name="root">The folder that its data is relative to.</param>
/// <param name="device">The device.</param>
/// <param name="threads">Worker threads of a cell; null for the device's own choice.</param>
internal sealed class StudyRun(StudyDefinition study, StudyFolder folder, IReadOnlyList<Cell> cells, string root, string device, int? threads)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Cell> _open = new();
    private int _failed, _held, _interrupted;

    /// <summary>Runs cells.</summary>
    /// <param name="chosen">Which.</param>
    /// <param name="atOnce">How many at once.</param>
    /// <param name="wait">Whether to wait for cells that another process works on; else they are left to it.</param>
    /// <returns>The exit code.</returns>
    public int Run(IReadOnlyList<Cell> chosen, int atOnce, bool wait)
    {
        foreach (var cell in chosen) _open.Enqueue(cell);
        Thread[] workers = [.. Enumerable.Range(0, atOnce).Select(_ => new Thread(() => Work(wait)))];
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        int left = cells.Count(cell => !folder.IsDone(cell));
        if (_held > 0) Console.WriteLine(Text($"{_held} cells are left to the processes that work on them"));
        Console.WriteLine(Text($"{study.Name}: {cells.Count - left} of {cells.Count} cells are done"));
        if (_interrupted > 0)
        {
            Console.WriteLine("interrupted and saved; the same command continues");
            return ExitCode.Interrupted;
        }
        return _failed > 0 ? ExitCode.BadInput : ExitCode.Success;
    }

    private void Work(bool wait)
    {
        while (Volatile.Read(ref _interrupted) == 0 && _open.TryDequeue(out var cell))
        {
            try
            {
                Take(cell, wait);
            }
            catch (Exception e) when (Outside.Is(e))
            {
                // For example a claim that cannot be written.
                Interlocked.Increment(ref _failed);
                Complaint.Write(Text($"cell {cell.Index}: {cell.Title}: {Outside.Message(e)}"));
            }
        }
    }

    private void Take(Cell cell, bool wait)
    {
        for (bool told = false; !folder.IsDone(cell); told = true)
        {
            using var claim = Claim.Take(folder.ClaimOf(cell));
            if (claim is null)
            {
                if (!wait)
                {
                    Interlocked.Increment(ref _held);
                    return;
                }
                if (!told) Console.WriteLine(Text($"cell {cell.Index}: waiting for {Claim.Holder(folder.ClaimOf(cell)) ?? "another process"}"));
                Thread.Sleep(s_pause);
                continue;
            }
            // It may have been finished between the look and the claim.
            if (!folder.IsDone(cell)) Finish(cell);
            return;
        }
    }

    private void Finish(Cell cell)
    {
        Console.WriteLine(Text($"cell {cell.Index}: {cell.Title}: {(Directory.Exists(folder.RunOf(cell)) ? "continued" : "begun")}"));
        string? failure;
        using (var log = new StreamWriter(folder.LogOf(cell), append: true) { AutoFlush = true })
        {
            failure = Attempt(cell, log);
        }
        if (Volatile.Read(ref _interrupted) > 0 && failure is null && !folder.IsDone(cell)) return;
        folder.Keep(cell, failure);
        if (failure is null)
        {
            Console.WriteLine(Text($"cell {cell.Index}: {cell.Title}: {Figures(cell)}"));
            return;
        }
        Interlocked.Increment(ref _failed);
        Complaint.Write(Text($"cell {cell.Index}: {cell.Title}: {failure}"));
    }

    /// <summary>Takes a cell to its end; returns why that failed.</summary>
    private string? Attempt(Cell cell, StreamWriter log)
    {
        foreach (var arguments in Commands(cell))
        {
            log.WriteLine(Text($"> mmrr {string.Join(' ', arguments)}"));
            try
            {
                int code = SeparateOutput.Run(log, () => CommandLine.RunWithin(arguments));
                if (code == ExitCode.Interrupted)
                {
                    Interlocked.Exchange(ref _interrupted, 1);
                    return null;
                }
                if (code != ExitCode.Success) return Text($"mmrr {arguments[0]} ended with {code}; see {folder.LogOf(cell)}");
            }
            catch (Exception e) when (Outside.Is(e))
            {
                string message = Outside.Message(e).ReplaceLineEndings(" ");
                log.WriteLine(message);
                return message;
            }
#pragma warning disable CA1031 // A defect that shows in one cell does not end the others; the log has all of it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.WriteLine(e.ToString());
                return $"internal error: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}; please report it with {folder.LogOf(cell)}";
            }
        }
        return null;
    }

    /// <summary>What is left to do for a cell; each command is asked for when those before it have ended.</summary>
    private IEnumerable<IReadOnlyList<string>> Commands(Cell cell)
    {
        string run = folder.RunOf(cell);
        string[] on = ["--device", device, .. threads is { } n ? new[] { "--threads", Text($"{n}") } : []];
        if (cell.Method.IsBaselines)
        {
            yield return [.. cell.Arguments(root), "--json", Path.Combine(run, "baselines.json")];
            yield break;
        }
        if (!File.Exists(Path.Combine(run, RunFolder.ConfigurationFile))) yield return [.. cell.Arguments(root), .. on, "--out", run];
        else if (!RunFolder.Open(run).IsFinished) yield return ["train", "--resume", run];
        if (!folder.HasFigures(cell)) yield return ["evaluate", run, .. cell.EvaluateOptions];
        if (cell.Report is { } options) yield return ["report", run, .. options, .. on];
    }

    private string Figures(Cell cell)
    {
        var figures = CellFigures.Read(folder, cell);
        return string.Join(", ", cell.Method.Columns.Select(c => Text($"{cell.Method.HeadOf(c)} {figures[(c, "image-auroc")]:F4}")));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
