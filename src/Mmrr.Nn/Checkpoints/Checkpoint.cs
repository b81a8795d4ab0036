using System.Globalization;

namespace Mmrr.Nn.Checkpoints;

/// <summary>
/// A model's weights as safetensors files with PyTorch's names and layouts: convolutions [out, in, K, K]. A run has two files, and each name is in one of
/// them: <c>restoration.safetensors</c> (f_e, f_m, f_res) after the first phase and <c>refinement.safetensors</c> (f_ref) after the second. The metadata
/// holds the model's options, so that each file can be opened on its own.
/// </summary>
public static class Checkpoint
{
    /// <summary>The file of the first phase.</summary>
    public const string RestorationFile = "restoration.safetensors";

    /// <summary>The file of the second phase.</summary>
    public const string RefinementFile = "refinement.safetensors";

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

    /// <summary>Loads the model of a run, both phases.</summary>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged or belongs to a different model.</exception>
    public static MmrrModel Load(string run, Device device)
    {
        var (options, first, second) = OpenBoth(run);
        using var ownFirst = first;
        using var ownSecond = second;
        var model = new MmrrModel(device, options);
        try
        {
            foreach (var (prefix, network) in model.Networks())
            {
                var file = prefix == "f_ref" ? second : first;
                foreach (var (name, variable) in network.Parameters()) Weights.Put(variable.Value, file.Read($"{prefix}.{name}"));
            }
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Reads the weights of one file into the networks that it holds.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model that owns the networks; its options must match the file's.</param>
    /// <param name="networks">The networks to load, with their names.</param>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, belongs to a different model or holds other networks.</exception>
    public static void Load(string path, MmrrModel model, IEnumerable<(string Name, Module Network)> networks)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such checkpoint");
        using var file = SafeTensorsFile.Open(path);
        if (!ReadOptions(file, path).Equals(model.Options)) throw new InvalidDataException($"{path}: it belongs to a different model");
        (string Name, Module Network)[] wanted = [.. networks];
        Weights.Compare(file, path, wanted.SelectMany(n => n.Network.ParameterShapes().Select(p => ($"{n.Name}.{p.Name}", p.Shape))));
        Restore(wanted, [.. file.Entries.Select(entry => (entry.Name, entry.Shape.ToArray(), file.Read(entry.Name)))]);
    }

    /// <summary>Reads the options and the weights of a run, both phases, without a device; convolutions are [out, in, K, K].</summary>
    /// <exception cref="FileNotFoundException">A checkpoint is missing.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged or belongs to a different model.</exception>
    internal static (MmrrOptions Options, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Weights) ReadWeights(string run)
    {
        var (options, first, second) = OpenBoth(run);
        using var ownFirst = first;
        using var ownSecond = second;
        return (options, new[] { first, second }.SelectMany(file => file.Entries.Select(entry => (File: file, Entry: entry)))
            .ToDictionary(e => e.Entry.Name, e => (e.Entry.Shape.ToArray(), e.File.Read(e.Entry.Name))));
    }

    /// <summary>Opens both files of a run and checks that they hold a whole model.</summary>
    private static (MmrrOptions Options, SafeTensorsFile First, SafeTensorsFile Second) OpenBoth(string run)
    {
        string restoration = Path.Combine(run, RestorationFile), refinement = Path.Combine(run, RefinementFile);
        foreach (string path in new[] { restoration, refinement })
        {
            if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such checkpoint; {run} is not a finished run");
        }
        SafeTensorsFile? first = null, second = null;
        try
        {
            first = SafeTensorsFile.Open(restoration);
            second = SafeTensorsFile.Open(refinement);
            var options = ReadOptions(first, restoration);
            if (!options.Equals(ReadOptions(second, refinement)))
                throw new InvalidDataException($"{refinement}: its model differs from that of {restoration}");
            var shapes = MmrrModel.ParameterShapes(options).ToLookup(p => p.Name.StartsWith("f_ref.", StringComparison.Ordinal));
            Weights.Compare(first, restoration, shapes[false]);
            Weights.Compare(second, refinement, shapes[true]);
            return (options, first, second);
        }
        catch
        {
            first?.Dispose();
            second?.Dispose();
            throw;
        }
    }

    private static MmrrOptions ReadOptions(SafeTensorsFile file, string path)
    {
        if (file.Metadata.TryGetValue(FormatKey, out string? number))
            RunJson.CheckFormat(path, int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int found) ? found : int.MaxValue, Format);
        if (!file.Metadata.TryGetValue(OptionsKey, out string? json))
            throw new InvalidDataException($"{path}: the metadata has no {OptionsKey}; it is not a checkpoint of this program");
        try
        {
            return MmrrOptions.FromJson(json);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }
}
