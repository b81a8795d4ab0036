using System.Text;
using Mmrr.App.Training;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Runs;

/// <summary>
/// A run's folder: <c>run.json</c> (the configuration), <c>restoration.safetensors</c> and <c>refinement.safetensors</c>, <c>history.csv</c>,
/// <c>evaluation.json</c>, <c>scores.csv</c>, <c>examples.png</c>, <c>baselines.json</c>; until it is finished <c>training.safetensors</c>, where training stands.
/// </summary>
internal sealed class RunFolder
{
    /// <summary>The configuration's file.</summary>
    public const string ConfigurationFile = "run.json";

    private const string LockFile = ".training.lock";

    private static readonly string[] s_writtenByTraining =
        [ConfigurationFile, TrainingState.FileName, Checkpoint.RestorationFile, Checkpoint.RefinementFile, TrainingHistory.FileName];

    private RunFolder(string path, TrainingOptions options)
    {
        Path = path;
        Options = options;
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Its configuration.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Whether both phases and what follows them are over.</summary>
    public bool IsFinished => !File.Exists(PathOf(TrainingState.FileName)) && File.Exists(PathOf(Checkpoint.RefinementFile));

    /// <summary>Whether a process is training the run now.</summary>
    public bool IsLocked
    {
        get
        {
            if (!File.Exists(PathOf(LockFile))) return false;
            try
            {
                using var stream = new FileStream(PathOf(LockFile), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                return false;
            }
            catch (IOException)
            {
                return true;
            }
        }
    }

    /// <summary>Makes the folder and writes the configuration.</summary>
    /// <exception cref="UsageException">The folder holds a run already.</exception>
    public static RunFolder Create(string path, TrainingOptions options)
    {
        foreach (string file in new[] { ConfigurationFile, Checkpoint.RestorationFile, Checkpoint.RefinementFile })
        {
            if (File.Exists(System.IO.Path.Combine(path, file))) throw new UsageException($"{path}: the folder already holds a run; choose another --out");
        }
        if (File.Exists(path)) throw new UsageException($"{path}: is a file, expected a folder for the run");
        OutputPlace.Check("--out", path);
        Directory.CreateDirectory(path);
        AtomicFile.Write(System.IO.Path.Combine(path, ConfigurationFile), stream => stream.Write(Encoding.UTF8.GetBytes(options.ToJson())));
        return new RunFolder(path, options);
    }

    /// <summary>Opens a run.</summary>
    /// <exception cref="FileNotFoundException">The folder is no run.</exception>
    /// <exception cref="InvalidDataException">Its configuration cannot be read.</exception>
    public static RunFolder Open(string path)
    {
        string configuration = System.IO.Path.Combine(path, ConfigurationFile);
        if (!File.Exists(configuration)) throw new FileNotFoundException($"{path}: not a run; there is no {ConfigurationFile} in it");
        return new RunFolder(path, TrainingOptions.Read(configuration));
    }

    /// <summary>Checks that the checkpoints, which say themselves what they are, are of the run's model.</summary>
    /// <param name="model">What they say.</param>
    /// <exception cref="InvalidDataException">They are not: its threshold, say, means nothing for them.</exception>
    public void CheckModel(MmrrOptions model)
    {
        if (!model.Equals(Options.Model)) throw new InvalidDataException($"{Path}: the checkpoints are of another model than run.json says");
    }

    /// <summary>A file of the run.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Keeps the run for this process until it is disposed, and removes what a process that was killed left half written. A killed process
    /// holds nothing any more.
    /// </summary>
    /// <exception cref="UsageException">Another process is training it.</exception>
    public IDisposable Lock()
    {
        FileStream held;
        try
        {
            held = new FileStream(PathOf(LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e)
        {
            throw new UsageException($"{Path}: another process is training this run ({e.Message.ReplaceLineEndings(" ")})");
        }
        foreach (string file in s_writtenByTraining) AtomicFile.RemoveLeftovers(PathOf(file));
        return held;
    }

    /// <summary>Removes a run in which nothing was trained, so that it does not stand in the way of the next try.</summary>
    public void Discard()
    {
        foreach (string file in s_writtenByTraining) File.Delete(PathOf(file));
        if (!Directory.EnumerateFileSystemEntries(Path).Any()) Directory.Delete(Path);
    }
}
