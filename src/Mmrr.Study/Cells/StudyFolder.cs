using System.Text;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Baselines;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Runs;

namespace Mmrr.Study.Cells;

/// <summary>The state of a cell.</summary>
internal enum CellState
{
    /// <summary>Nothing has begun.</summary>
    Waiting,

    /// <summary>A process works on it now.</summary>
    Running,

    /// <summary>It began and no process works on it; the next one continues it.</summary>
    Interrupted,

    /// <summary>Its last process ended with an error; the next one tries again.</summary>
    Failed,

    /// <summary>It has its figures.</summary>
    Done,
}

/// <summary>
/// The folder of one or several studies: <c>cells/NAME</c>, an ordinary run or the figures of simple methods; <c>claims/NAME.lock</c>, held by the process
/// that works on the cell, and <c>claims/NAME.holder</c>, which one that is; <c>logs/NAME.txt</c>, what its commands said;
/// <c>logs/NAME.failure</c>, why it failed; and a folder of tables for each study.
/// </summary>
/// <param name="path">The folder.</param>
internal sealed class StudyFolder(string path)
{
    /// <summary>Its path.</summary>
    public string Path => path;

    /// <summary>The folder of a cell.</summary>
    public string RunOf(Cell cell) => System.IO.Path.Combine(path, "cells", cell.Name);

    /// <summary>What a cell's commands said.</summary>
    public string LogOf(Cell cell) => System.IO.Path.Combine(path, "logs", $"{cell.Name}.txt");

    /// <summary>The lock of a cell.</summary>
    public string ClaimOf(Cell cell) => System.IO.Path.Combine(path, "claims", $"{cell.Name}.lock");

    /// <summary>The folder of a study's tables.</summary>
    public string TablesOf(string study) => System.IO.Path.Combine(path, study);

    /// <summary>Creates the folders.</summary>
    /// <exception cref="UsageException">They cannot be written.</exception>
    public void Prepare()
    {
        OutputPlace.Check("--out", path);
        foreach (string name in new[] { "cells", "claims", "logs" })
        {
            string folder = System.IO.Path.Combine(path, name);
            Directory.CreateDirectory(folder);
            if (!OutputPlace.IsWritable(folder)) throw new UsageException($"--out {path}: no file can be created in {folder}");
        }
    }

    /// <summary>Whether a cell has all that the study asks for. What its figures are of is in its name.</summary>
    public bool IsDone(Cell cell) => HasFigures(cell) && (cell.Report is null || File.Exists(ReportOf(cell)));

    /// <summary>Whether a cell has its figures, but perhaps not its report.</summary>
    public bool HasFigures(Cell cell) => File.Exists(System.IO.Path.Combine(RunOf(cell), FileOf(cell)));

    /// <summary>The report of a cell.</summary>
    public string ReportOf(Cell cell) => System.IO.Path.Combine(RunOf(cell), "report.html");

    /// <summary>The state of a cell.</summary>
    public CellState StateOf(Cell cell) =>
        IsDone(cell) ? CellState.Done
        : Claim.Holder(ClaimOf(cell)) is not null ? CellState.Running
        : FailureOf(cell) is not null ? CellState.Failed
        : Directory.Exists(RunOf(cell)) ? CellState.Interrupted
        : CellState.Waiting;

    /// <summary>Why a cell failed; null where it did not.</summary>
    public string? FailureOf(Cell cell)
    {
        try
        {
            return File.ReadAllText(FailureFile(cell)).Trim();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Keeps why a cell failed, or, for null, that it did not.</summary>
    public void Keep(Cell cell, string? failure)
    {
        if (failure is null) File.Delete(FailureFile(cell));
        else AtomicFile.Write(FailureFile(cell), stream => stream.Write(Encoding.UTF8.GetBytes(failure + "\n")));
    }

    /// <summary>Minutes of training and evaluation that a finished cell took; null where they are not known.</summary>
    public double? MinutesOf(Cell cell)
    {
        if (!IsDone(cell)) return null;
        if (cell.Method.IsBaselines) return BaselineResult.Read(System.IO.Path.Combine(RunOf(cell), FileOf(cell))).Seconds / 60;
        var run = RunFolder.Open(RunOf(cell));
        return RunSummary.Of(run).Minutes + (EvaluationResult.Find(run.Path)!.Seconds / 60);
    }

    private static string FileOf(Cell cell) => cell.Method.IsBaselines ? BaselineResult.FileName : EvaluationResult.FileName;

    private string FailureFile(Cell cell) => System.IO.Path.Combine(path, "logs", $"{cell.Name}.failure");
}
