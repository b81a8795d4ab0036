using System.Text;
using Mmrr.App.Training;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Runs;

/// <summary>
/// A run's folder: <c>run.json</c> (the configuration), <c>restoration.safetensors</c> and <c>refinement.safetensors</c>, <c>history.csv</c>,
/// <c>evaluation.json</c>, <c>scores.csv</c>, <c>examples.png</c>.
/// </summary>
internal sealed class RunFolder
{
    private const string ConfigurationFile = "run.json";

    private RunFolder(string path, TrainingOptions options)
    {
        Path = path;
        Options = options;
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Its configuration.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Makes the folder and writes the configuration.</summary>
    /// <exception cref="UsageException">The folder holds a run already.</exception>
    public static RunFolder Create(string path, TrainingOptions options)
    {
        foreach (string file in new[] { ConfigurationFile, Checkpoint.RestorationFile, Checkpoint.RefinementFile })
        {
            if (File.Exists(System.IO.Path.Combine(path, file))) throw new UsageException($"{path}: the folder already holds a run; choose another --out");
        }
        if (File.Exists(path)) throw new UsageException($"{path}: is a file, expected a folder for the run");
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

    /// <summary>A file of the run.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);
}
