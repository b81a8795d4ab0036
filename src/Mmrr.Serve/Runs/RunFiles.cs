using Mmrr.Nn;
using Mmrr.Training.Runs;

namespace Mmrr.Serve.Runs;

/// <summary>The files of a run that scores depend on, as they are on disk now.</summary>
internal static class RunFiles
{
    private static readonly string[] s_names =
        [RunFolder.ConfigurationFile, .. AnomalyMethods.CheckpointFiles, NormalStatistics.FileName, Calibration.FileName];

    /// <summary>Lengths and times of the files; it changes when one of them is written, replaced or removed.</summary>
    public static string State(string run) => string.Join(' ', s_names.Select(name => State(new FileInfo(Path.Combine(run, name)))));

    private static string State(FileInfo file)
    {
        try
        {
            return file.Exists ? FormattableString.Invariant($"{file.Length}:{file.LastWriteTimeUtc.Ticks}") : "none";
        }
        catch (FileNotFoundException)
        {
            return "none"; // it was removed meanwhile
        }
    }
}
