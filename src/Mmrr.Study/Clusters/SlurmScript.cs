using System.Globalization;
using System.Text;

namespace Mmrr.Study.Clusters;

/// <summary>A Slurm job array, one task for each cell, as a script for <c>sbatch</c>.</summary>
internal static class SlurmScript
{
    /// <summary>The script.</summary>
    /// <param name="request">The request.</param>
    /// <param name="partition">The partition; null for the cluster's default.</param>
    /// <param name="logs">The folder of what the tasks say.</param>
    public static string Of(JobRequest request, string? partition, string logs)
    {
        var text = new StringBuilder("#!/bin/bash\n");
        void Line(string option) => text.Append(CultureInfo.InvariantCulture, $"#SBATCH {option}\n");
        Line($"--job-name={request.Name}");
        Line($"--array={Ranges(request.Indices)}{(request.AtOnce is { } most ? $"%{most}" : "")}");
        // A task of a lost node runs again and continues its cell.
        Line("--requeue");
        Line("--open-mode=append");
        // A percent sign of the folder is one, and not a replacement of Slurm's.
        Line($"--output={Quoted($"{logs.Replace("%", "%%", StringComparison.Ordinal)}/slurm-%A_%a.txt")}");
        Line(string.Create(CultureInfo.InvariantCulture, $"--time={request.Minutes / 60:00}:{request.Minutes % 60:00}:00"));
        Line("--nodes=1");
        Line("--ntasks=1");
        Line($"--cpus-per-task={request.Cpus}");
        if (partition is not null) Line($"--partition={Quoted(partition)}");
        if (request.Gpus > 0) Line($"--gres=gpu:{request.Gpus}");
        string container = request.Container is { } image ? $"apptainer exec {(request.Gpus > 0 ? "--nv " : "")}{Quoted(image)} " : "";
        text.Append(CultureInfo.InvariantCulture, $"exec {container}{string.Join(' ', request.Command.Select(Quoted))} --index \"$SLURM_ARRAY_TASK_ID\"\n");
        return text.ToString();
    }

    /// <summary>Ascending numbers as ranges: <c>0,3,5-7</c>.</summary>
    public static string Ranges(IReadOnlyList<int> indices)
    {
        var ranges = new List<string>();
        for (int i = 0; i < indices.Count;)
        {
            int first = i;
            while (++i < indices.Count && indices[i] == indices[i - 1] + 1) ;
            ranges.Add(string.Create(CultureInfo.InvariantCulture, $"{indices[first]}{(i - first > 1 ? $"-{indices[i - 1]}" : "")}"));
        }
        return string.Join(',', ranges);
    }

    /// <summary>A word for a shell.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "%_-+=:,./@".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
