using Mmrr.Nn.Checkpoints;

namespace Mmrr.Nn;

/// <summary>Saves and loads the parameters of any <see cref="Module"/>.</summary>
public static class ModuleFile
{
    /// <summary>
    /// Writes all parameters as a safetensors file with their names, convolutions as [out, in, K, K], to a temporary file that then replaces the old one.
    /// </summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(this Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        SafeTensorsFile.Write(path, new Dictionary<string, string> { ["format"] = "pt" }, [.. Weights.Of(module, "")]);
    }

    /// <summary>Sets all parameters to those of a file of <see cref="Save"/>. Nothing is changed if the file does not match.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or a name or shape differs; the message states which.</exception>
    public static void Load(this Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (!File.Exists(path)) throw new FileNotFoundException($"{path}: no such file");
        using var file = SafeTensorsFile.Open(path);
        Weights.Compare(file, path, module.ParameterShapes());
        var values = file.ReadAll();
        foreach (var (name, variable) in module.Parameters()) Weights.Put(variable.Value, values[name]);
    }
}
