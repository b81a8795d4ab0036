namespace Mmrr.Study.Clusters;

/// <summary>What a cluster is asked for: one task for each cell of a study.</summary>
/// <param name="Name">The name of the study.</param>
/// <param name="Indices">The cells that are not done, ascending.</param>
/// <param name="Cells">The number of all cells.</param>
/// <param name="Minutes">The time limit of a task.</param>
/// <param name="Command">The program and its arguments, without the index of the cell.</param>
/// <param name="Container">The image that the program runs in; null for none.</param>
/// <param name="Cpus">Processor cores of a task.</param>
/// <param name="Gpus">GPUs of a task.</param>
/// <param name="AtOnce">The most tasks at once; null for no limit.</param>
internal sealed record JobRequest(
    string Name, IReadOnlyList<int> Indices, int Cells, int Minutes, IReadOnlyList<string> Command, string? Container, int Cpus, int Gpus, int? AtOnce)
{
    /// <summary>
    /// The time limit for an estimate: twice the estimate and ten minutes, so that a slower node is not a reason to start again. A task that reaches it has
    /// saved its training within the last half minute; submitting again continues it.
    /// </summary>
    public static int LimitFor(double minutes) => (int)Math.Ceiling((2 * minutes) + 10);
}
