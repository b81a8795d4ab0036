using Mmrr.Nn;
using Mmrr.Training.Data;

namespace Mmrr.Training.Runs;

/// <summary>
/// Defaults for a budget: the paper's, or those for hours or minutes on two cores. docs/results.md has the figures and the alternatives that were tried.
/// </summary>
/// <param name="Width">Channels inside the networks.</param>
/// <param name="LearningRate">RAdam's learning rate.</param>
/// <param name="Beta2">RAdam's β₂; 0.99 shortens the warm-up from 2,000 steps to 200.</param>
/// <param name="Batch">Images per step at 32×32.</param>
/// <param name="LargeBatch">Images per step at 256×256; sizes in between keep the pixels per step constant.</param>
/// <param name="InspectionSize">Size of <c>mvtec</c>, <c>folder</c> and <c>csv</c> images.</param>
/// <param name="Minutes">Default budget.</param>
/// <param name="RestorationShare">The first phase's share of a budget in minutes.</param>
/// <param name="PaperSplit">Whether only a twentieth of the normal images is held out, see <see cref="Sampling.Split(int, long, bool)"/>.</param>
/// <param name="RefinementInputs">The inputs of f_ref.</param>
internal sealed record Preset(
    int Width, double LearningRate, double Beta2, int Batch, int LargeBatch, int InspectionSize, double Minutes,
    double RestorationShare, bool PaperSplit, IReadOnlyList<RefinementInput> RefinementInputs)
{
    /// <summary>The name of the preset with the settings of publications.</summary>
    public const string Paper = "paper";

    // The paper's (x, e, m, ε).
    private static readonly RefinementInput[] s_inputs = [RefinementInput.Image, RefinementInput.Embedding, RefinementInput.Mask, RefinementInput.Noise];

    // The refinement reads the image itself: trained for as long as the restoration, it also learns to correct abnormal images (Fashion-MNIST class 0,
    // image AUROC without and with refinement: 0.910 and 0.840 after equally many steps).
    private const double LongRestoration = TrainingOptions.DefaultRestorationShare;

    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, Preset> All { get; } = new Dictionary<string, Preset>
    {
        ["tiny"] = new(16, 1e-3, 0.99, 16, 4, 64, 5, LongRestoration, false, s_inputs),
        ["small"] = new(32, 1e-3, 0.99, 16, 4, 128, 60, LongRestoration, false, s_inputs),
        [Paper] = new(128, 1e-4, 0.999, 64, 4, 256, 24 * 60, 0.5, true, s_inputs),
    };

    /// <summary>The default batch for images of a size.</summary>
    public int BatchFor(int size) => Math.Clamp(Batch * 32 * 32 / (size * size), LargeBatch, Batch);

    /// <summary>Resolutions of the U-Nets: the lowest has 4 to 16 pixels a side, as in the paper.</summary>
    public static int ResolutionsFor(int size) => size >= 128 ? 5 : 4;
}
