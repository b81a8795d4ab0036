using System.Globalization;
using System.Text;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

/// <summary>
/// A run's folder: <c>run.json</c> (the configuration), <c>data.json</c> (its images and the part of each), <c>restoration.safetensors</c> and
/// <c>refinement.safetensors</c> or the checkpoints of another method, <c>history.csv</c>, <c>normal.safetensors</c>, <c>threshold.json</c>,
/// <c>evaluation.json</c>, <c>scores.csv</c>, <c>levels.csv</c>, <c>examples.png</c>, <c>baselines.json</c>; until it is finished
/// <c>training.safetensors</c>, the training state.
/// </summary>
internal sealed class RunFolder
{
    /// <summary>The configuration file.</summary>
    public const string ConfigurationFile = OwnOutput.RunFile;

    private const string LockFile = ".training.lock";
    private const int LockAttempts = 5;
    private const int LockPause = 20; // milliseconds

    private static readonly string[] s_writtenByTraining =
    [
        ConfigurationFile, DataRecord.FileName, TrainingState.FileName, .. AnomalyMethods.CheckpointFiles,
        TrainingHistory.FileName, NormalStatistics.FileName, Calibration.FileName
    ];

    private RunFolder(string path, TrainingOptions options)
    {
        Path = path;
        Options = options;
    }

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Its configuration.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Its data: those of its record, or, for a run of an earlier version without one, those that this version would draw.</summary>
    /// <exception cref="InvalidDataException">The record cannot be read, or is missing though the run's version wrote one.</exception>
    public DataOptions Data => DataRecord.Find(Path) is { } record ? Options.DataOptions with { Record = record }
        : Options.Format == 0 ? Options.DataOptions with { ByPlace = true }
        : throw new InvalidDataException($"{Path}: {DataRecord.FileName} is missing, so the images that the run was trained on are unknown");

    /// <summary>The method of its model.</summary>
    public AnomalyMethod AnomalyMethod => AnomalyMethods.Of(Options.Model);

    /// <summary>Whether all phases and the work after them are finished.</summary>
    public bool IsFinished => !File.Exists(PathOf(TrainingState.FileName)) && File.Exists(PathOf(AnomalyMethod.Phases[^1].File));

    /// <summary>Whether a process is training the run now.</summary>
    public bool IsLocked
    {
        get
        {
            if (!File.Exists(PathOf(LockFile))) return false;
            try
            {
                // Shared and for reading: read access to the run suffices, also for another user's run.
                using var stream = new FileStream(PathOf(LockFile), FileMode.Open, FileAccess.Read, FileShare.Read);
                return false;
            }
            catch (FileNotFoundException)
            {
                return false; // it was removed meanwhile
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return true;
            }
        }
    }

    /// <summary>Creates the folder and writes the record of the data and the configuration.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="data">The data.</param>
    /// <param name="orBeside">Whether a number is appended to the name where the folder already holds a run.</param>
    /// <exception cref="UsageException">The folder already holds a run, or another process is creating one in it.</exception>
    public static RunFolder Create(string path, TrainingOptions options, DataRecord data, bool orBeside = false)
    {
        for (int number = 1; ; number++)
        {
            string place = number == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}-{number}");
            if (orBeside && (Directory.Exists(place) || File.Exists(place))) continue;
            if (File.Exists(place)) throw new UsageException($"{place}: is a file, expected a folder for the run");
            OutputPlace.Check("--out", place);
            Directory.CreateDirectory(place);
            // Of two processes that get here at the same time, one writes; the other finds its run.
            using var held = TryLock(place, out string? problem);
            bool taken = AnomalyMethods.CheckpointFiles.Prepend(ConfigurationFile)
                .Any(file => File.Exists(System.IO.Path.Combine(place, file)));
            if (orBeside && (held is null || taken)) continue;
            if (taken) throw new UsageException($"{place}: the folder already holds a run; choose another --out");
            if (held is null) throw new UsageException($"{place}: another process is training a run in this folder ({problem})");
            data.Save(place);
            AtomicFile.Write(System.IO.Path.Combine(place, ConfigurationFile), stream => stream.Write(Encoding.UTF8.GetBytes(options.ToJson())));
            return new RunFolder(place, options);
        }
    }

    /// <summary>Opens a run.</summary>
    /// <exception cref="FileNotFoundException">The folder is not a run.</exception>
    /// <exception cref="InvalidDataException">Its configuration cannot be read.</exception>
    public static RunFolder Open(string path)
    {
        string configuration = System.IO.Path.Combine(path, ConfigurationFile);
        if (!File.Exists(configuration))
        {
            // A folder that may not be entered seems to be empty; listing it tells.
            if (Directory.Exists(path)) _ = Directory.EnumerateFileSystemEntries(path).FirstOrDefault();
            throw new FileNotFoundException($"{path}: not a run; there is no {ConfigurationFile} in it");
        }
        return new RunFolder(path, TrainingOptions.Read(configuration));
    }

    /// <summary>Checks that the checkpoints, which record their model, are of the run's model.</summary>
    /// <param name="model">The model recorded in the checkpoints.</param>
    /// <exception cref="InvalidDataException">They are of another model, for which the run's threshold, for example, is meaningless.</exception>
    public void CheckModel(MmrrOptions model)
    {
        if (!model.Equals(Options.Model)) throw new InvalidDataException($"{Path}: the checkpoints are of a different model from that in run.json");
    }

    /// <summary>How the run scores.</summary>
    /// <param name="calibration">Its threshold; null where it has none.</param>
    /// <exception cref="InvalidDataException">The data that its rule needs is missing or damaged.</exception>
    public ScoreMethod Method(Calibration? calibration)
    {
        // The paper's rule needs the checkpoints alone, which training saves on the way.
        if (Options.Rule != ScoreRule.Paper && calibration is null && !File.Exists(PathOf(NormalStatistics.FileName))) CheckFinished();
        return ScoreMethod.Of(Path, Options.Model, calibration, (Options.ScoreLevels, Options.Rule));
    }

    /// <summary>Checks that the training of the run is finished.</summary>
    /// <exception cref="InvalidDataException">It is not; the message states how to continue it.</exception>
    public void CheckFinished()
    {
        if (!IsFinished) throw new InvalidDataException($"{Path}: its training is not finished; mmrr train --resume {Path} continues it");
    }

    /// <summary>The path of a file of the run.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Locks the run for this process until the result is disposed, and removes partially written files of a killed process. A killed process holds no
    /// lock.
    /// </summary>
    /// <exception cref="UsageException">Another process is training the run.</exception>
    public IDisposable Lock()
    {
        var held = TryLock(Path, out string? problem) ?? throw new UsageException($"{Path}: another process is training this run ({problem})");
        foreach (string file in s_writtenByTraining) AtomicFile.RemoveLeftovers(PathOf(file));
        return held;
    }

    /// <summary>Removes a run in which nothing was trained, so that it does not block the next attempt.</summary>
    public void Discard()
    {
        foreach (string file in s_writtenByTraining) File.Delete(PathOf(file));
        if (!Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }

    private static FileStream? TryLock(string folder, out string? problem)
    {
        string path = System.IO.Path.Combine(folder, LockFile);
        problem = null;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException e)
            {
                problem = e.Message.ReplaceLineEndings(" ");
                // A process that lists runs holds the lock briefly.
                if (attempt == LockAttempts) return null;
                Thread.Sleep(LockPause);
            }
            catch (UnauthorizedAccessException)
            {
                throw new UsageException($"{folder}: cannot be written: training needs write permission");
            }
        }
    }
}
