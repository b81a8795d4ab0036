using System.Globalization;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// A model's weights as safetensors files with PyTorch's names and layouts: convolutions [out, in, K, K]. A run has a file for each phase of its method's
/// training: of MMRR <c>restoration.safetensors</c> (f_e, f_m, f_res) and <c>refinement.safetensors</c> (f_ref). The metadata holds the model's options, so
/// that each file can be opened on its own.
/// </summary>
public static class Checkpoint
{
    /// <summary>The file of MMRR's first phase.</summary>
    public const string RestorationFile = MmrrModel.RestorationFile;

    /// <summary>The file of MMRR's second phase.</summary>
    public const string RefinementFile = MmrrModel.RefinementFile;

    private const string OptionsKey = "mmrr.options";

    // The format number; files without the key are from versions that did not write one.
    private const string FormatKey = "mmrr.format";
    private const int Format = 3;

    /// <summary>Writes the networks of one phase to a temporary file, which then replaces the old file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The model's options.</param>
    /// <param name="weights">From <see cref="Snapshot"/>.</param>
    public static void Save(string path, MmrrOptions options, IReadOnlyList<(string Name, int[] Shape, float[] Values)> weights)
    {
        ArgumentNullException.ThrowIfNull(options);
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            [FormatKey] = Format.ToString(CultureInfo.InvariantCulture),
            [OptionsKey] = options.ToJson()
        };
        SafeTensorsFile.Write(path, metadata, weights);
    }

    /// <summary>Copies the networks' weights to the host, in PyTorch's layouts.</summary>
    public static IReadOnlyList<(string Name, int[] Shape, float[] Values)> Snapshot(IEnumerable<(string Name, Module Network)> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        return [.. networks.SelectMany(n => Weights.Of(n.Network, $"{n.Name}."))];
    }

    /// <summary>The names and shapes of these networks' weights in a <see cref="Snapshot"/>.</summary>
    public static IEnumerable<(string Name, int[] Shape)> Shapes(IEnumerable<(string Name, Module Network)> networks) =>
        networks.SelectMany(n => n.Network.ParameterShapes().Select(p => ($"{n.Name}.{p.Name}", Weights.FileShape(p.Shape))));

    /// <summary>Restores the weights from a <see cref="Snapshot"/>.</summary>
    public static void Restore(IEnumerable<(string Name, Module Network)> networks, IReadOnlyList<(string Name, int[] Shape, float[] Values)> weights)
    {
        ArgumentNullException.ThrowIfNull(networks);
        var byName = weights.ToDictionary(w => w.Name, w => w.Values);
        foreach (var (prefix, network) in networks)
        {
            foreach (var (name, variable) in network.Parameters()) Weights.Put(variable.Value, byName[$"{prefix}.{name}"]);
        }
    }

    /// <summary>Loads the model of a run, the weights of all phases.</summary>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged or belongs to a different model.</exception>
    public static AnomalyModel Load(string run, Device device)
    {
        var (options, files) = OpenAll(run);
        try
        {
            var model = AnomalyMethods.Of(options).Create(device, options);
            try
            {
                // What two phases train is as the later one left it.
                for (int i = 0; i < files.Count; i++)
                {
                    foreach (var (prefix, network) in model.Phases[i].Networks)
                    {
                        foreach (var (name, variable) in network.Parameters()) Weights.Put(variable.Value, files[i].Read($"{prefix}.{name}"));
                    }
                }
                return model;
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }

    /// <summary>Reads the weights of one file into the networks that it holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that owns the networks; its options must match the file's.</param>
    /// <param name="networks">The networks to load, with their names.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, belongs to a different model or holds other networks.</exception>
    public static void Load(string path, AnomalyModel model, IEnumerable<(string Name, Module Network)> networks)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such checkpoint");
        using var file = SafeTensorsFile.Open(path);
        if (!ReadOptions(file, path).Equals(model.Options)) throw new InvalidDataException($"{path}: it belongs to a different model");
        (string Name, Module Network)[] wanted = [.. networks];
        Weights.Compare(file, path, Named(wanted));
        Restore(wanted, [.. file.Entries.Select(entry => (entry.Name, entry.Shape.ToArray(), file.Read(entry.Name)))]);
    }

    /// <summary>Reads the options and the weights of a run, all phases, without a device; convolutions are [out, in, K, K].</summary>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged or belongs to a different model.</exception>
    internal static (MmrrOptions Options, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Weights) ReadWeights(string run)
    {
        var (options, files) = OpenAll(run);
        try
        {
            var weights = new Dictionary<string, (int[] Shape, float[] Values)>();
            foreach (var file in files)
            {
                foreach (var entry in file.Entries) weights[entry.Name] = (entry.Shape.ToArray(), file.Read(entry.Name));
            }
            return (options, weights);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }

    /// <summary>The options of a run's model, of whose checkpoints all but the values is read and checked.</summary>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged or belongs to a different model.</exception>
    internal static MmrrOptions OptionsOf(string run)
    {
        var (options, files) = OpenAll(run);
        foreach (var file in files) file.Dispose();
        return options;
    }

    /// <summary>Opens the files of all phases of a run, in order, and checks that they hold a whole model.</summary>
    private static (MmrrOptions Options, IReadOnlyList<SafeTensorsFile> Files) OpenAll(string run)
    {
        string known = AnomalyMethods.CheckpointFiles.Select(file => Path.Combine(run, file)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{Path.Combine(run, RestorationFile)}: no such checkpoint; {run} is not a finished run");
        MmrrOptions options;
        using (var file = SafeTensorsFile.Open(known)) options = ReadOptions(file, known);
        var method = AnomalyMethods.Of(options);
        string[] paths = [.. method.Phases.Select(phase => Path.Combine(run, phase.File))];
        foreach (string path in paths)
        {
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such checkpoint; {run} is not a finished run");
        }
        var files = new List<SafeTensorsFile>();
        try
        {
            foreach (string path in paths)
            {
                files.Add(SafeTensorsFile.Open(path));
                if (!options.Equals(ReadOptions(files[^1], path))) throw new InvalidDataException($"{path}: its model differs from that of {paths[0]}");
            }
            using var plan = method.Create(null, options);
            foreach (var (phase, i) in plan.Phases.Select((phase, i) => (phase, i))) Weights.Compare(files[i], paths[i], Named(phase.Networks));
            return (options, files);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    private static IEnumerable<(string Name, Shape Shape)> Named(IEnumerable<(string Name, Module Network)> networks) =>
        networks.SelectMany(n => n.Network.ParameterShapes().Select(p => ($"{n.Name}.{p.Name}", p.Shape)));

    private static MmrrOptions ReadOptions(SafeTensorsFile file, string path)
    {
        if (file.Metadata.TryGetValue(FormatKey, out string? number))
            RunJson.CheckFormat(path, int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int found) ? found : int.MaxValue, Format);
        if (!file.Metadata.TryGetValue(OptionsKey, out string? json))
            throw new InvalidDataException($"{path}: the metadata has no {OptionsKey}; it is not a checkpoint of this program");
        try
        {
            var options = MmrrOptions.FromJson(json);
            AnomalyMethods.Of(options).Validate(options);
            return options;
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
