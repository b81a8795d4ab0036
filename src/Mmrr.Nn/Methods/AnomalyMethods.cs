namespace Mmrr.Nn;

/// <summary>The methods, by name. A new one is a file in this folder and a line here.</summary>
public static class AnomalyMethods
{
    /// <summary>All methods.</summary>
    public static IReadOnlyList<AnomalyMethod> All { get; } =
    [
        MmrrModel.Method,
        Autoencoder.Method,
        Autoencoder.SkipMethod,
        VariationalAutoencoder.Method,
        VariationalAutoencoder.ProjectionMethod,
        MemoryAutoencoder.Method,
        DeepSvdd.Method,
        Ganomaly.Method,
    ];

    /// <summary>The checkpoint files of all methods.</summary>
    internal static IReadOnlyList<string> CheckpointFiles { get; } = [.. All.SelectMany(m => m.Phases).Select(phase => phase.File).Distinct()];

    /// <summary>The method of a name; null for MMRR.</summary>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    public static AnomalyMethod Of(string? name) => All.FirstOrDefault(m => m.Name == (name ?? MmrrOptions.MmrrMethod))
        ?? throw new ArgumentException($"the method is '{name}', expected one of {string.Join(", ", All.Select(m => m.Name))}");

    /// <summary>The method of a model's options.</summary>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    public static AnomalyMethod Of(MmrrOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Of(options.Method);
    }
}
