using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mmrr.App.Runs;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.App.Evaluation;

/// <summary>The figures of a run on its test set; <c>evaluation.json</c>.</summary>
/// <param name="ImageAuroc">Area under the ROC curve of the refined image scores.</param>
/// <param name="ImageAurocWithoutRefinement">The same of the restored image scores.</param>
/// <param name="PixelAuroc">Over all pixels of the test set; absent where there are no masks.</param>
/// <param name="PixelAurocWithoutRefinement">The same without refinement.</param>
/// <param name="Levels">Mask levels.</param>
/// <param name="Images">Test images scored.</param>
/// <param name="NormalImages">How many of them are normal.</param>
/// <param name="Seconds">What scoring took.</param>
/// <param name="Device">What it ran on.</param>
internal sealed record EvaluationResult(
    double ImageAuroc, double ImageAurocWithoutRefinement, double? PixelAuroc, double? PixelAurocWithoutRefinement,
    int Levels, int Images, int NormalImages, double Seconds, string Device)
{
    /// <summary>Writes <c>evaluation.json</c>.</summary>
    public void Save(RunFolder run) =>
        AtomicFile.Write(run.PathOf("evaluation.json"), stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationResult) + "\n")));

    /// <summary>For people, on a few lines.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Images} images ({NormalImages} normal), {Levels} levels, {Seconds:F0} s on {Device}");
        text.Append(CultureInfo.InvariantCulture, $"image AUROC {ImageAuroc:F4} with refinement, {ImageAurocWithoutRefinement:F4} without");
        if (PixelAuroc is not null) text.Append(CultureInfo.InvariantCulture, $"\npixel AUROC {PixelAuroc:F4} with refinement, {PixelAurocWithoutRefinement:F4} without");
        return text.ToString();
    }
}

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EvaluationResult))]
internal sealed partial class EvaluationJson : JsonSerializerContext;
