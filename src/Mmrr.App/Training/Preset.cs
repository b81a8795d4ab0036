namespace Mmrr.App.Training;

/// <summary>Defaults for a budget: the paper's, or such as suit hours or minutes on two cores. docs/results.md has the figures, and what else was tried.</summary>
/// <param name="Width">Channels inside the networks.</param>
/// <param name="LearningRate">RAdam's learning rate.</param>
/// <param name="Beta2">RAdam's β₂; 0.99 shortens the warm-up from 2,000 steps to 200.</param>
/// <param name="Batch">Images of a step at 32×32.</param>
/// <param name="LargeBatch">Images of a step at 256×256; sizes between have as many pixels a step.</param>
/// <param name="InspectionSize">Size of <c>mvtec</c> and <c>folder</c> images.</param>
/// <param name="Minutes">Default budget.</param>
internal sealed record Preset(int Width, double LearningRate, double Beta2, int Batch, int LargeBatch, int InspectionSize, double Minutes)
{
    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, Preset> All { get; } = new Dictionary<string, Preset>
    {
        ["tiny"] = new(16, 1e-3, 0.99, 16, 4, 64, 5),
        ["small"] = new(32, 1e-3, 0.99, 16, 4, 128, 60),
        ["paper"] = new(128, 1e-4, 0.999, 64, 4, 256, 24 * 60),
    };

    /// <summary>The default batch for images of a size.</summary>
    public int BatchFor(int size) => Math.Clamp(Batch * 32 * 32 / (size * size), LargeBatch, Batch);

    /// <summary>Resolutions of the U-Nets: the lowest has 4 to 16 pixels a side, as in the paper.</summary>
    public static int ResolutionsFor(int size) => size >= 128 ? 5 : 4;
}
