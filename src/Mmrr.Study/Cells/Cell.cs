using System.Globalization;
using System.Text;
using Mmrr.Nn.Checkpoints;
using Mmrr.Study.Files;

namespace Mmrr.Study.Cells;

/// <summary>A cell of a study: one method on one class of one data set with one seed.</summary>
/// <param name="Index">Its place in the study, from 0.</param>
/// <param name="Data">The data set.</param>
/// <param name="Class">The normal class; empty where the layout has none.</param>
/// <param name="Method">The method.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Report">Options of its report; null where it has none.</param>
internal sealed record Cell(int Index, StudyData Data, string Class, StudyMethod Method, long Seed, IReadOnlyList<string>? Report)
{
    private const int HashDigits = 12;

    /// <summary>Its name in messages.</summary>
    public string Title => string.Create(CultureInfo.InvariantCulture, $"{Data.Kind} {Row}, {Method.Name}, seed {Seed}");

    /// <summary>Its class, or, where there are none, the folder of its data.</summary>
    public string Row => Class.Length > 0 ? Class : Data.Root;

    /// <summary>
    /// The name of its folder: data, class, seed and a hash over everything that determines its figures. The name of the method is not part of it, so that
    /// studies with a common folder share cells with the same options.
    /// </summary>
    public string Name
    {
        get
        {
            string seed = Seed.ToString(CultureInfo.InvariantCulture);
            string text = string.Join(
                '\n', [Method.Command, Data.Kind, Data.Root, Data.Abnormal ?? "", Class, .. TrainOptions, "evaluate", .. EvaluateOptions, seed]);
            string hash = Convert.ToHexStringLower(Sha256.HashData(Encoding.UTF8.GetBytes(text)));
            string words = string.Concat(Class.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')).Trim('-');
            return string.Create(CultureInfo.InvariantCulture, $"{Data.Kind}{(words.Length > 0 ? "-" : "")}{words}-s{Seed}-{hash[..HashDigits]}");
        }
    }

    /// <summary>The arguments that make the cell's figures: of <c>mmrr train</c> or of <c>mmrr baselines</c>, without those of a place on disk.</summary>
    private IReadOnlyList<string> TrainOptions => StudyFile.Arguments(Method.TrainOptions(Data));

    /// <summary>Options of <c>mmrr evaluate</c>.</summary>
    public IReadOnlyList<string> EvaluateOptions => Method.IsBaselines ? [] : StudyFile.Arguments(Method.Evaluate);

    /// <summary>All arguments of its command but those of its place and its device.</summary>
    /// <param name="root">The folder that the roots of the study are relative to.</param>
    public IReadOnlyList<string> Arguments(string root) =>
    [
        Method.Command, "--data", Data.Kind, "--root", Path.Combine(root, Data.Root),
        .. Class.Length > 0 ? new[] { "--normal", Class } : [],
        .. Data.Abnormal is { } abnormal ? new[] { "--abnormal", Path.Combine(root, abnormal) } : [],
        "--seed", Seed.ToString(CultureInfo.InvariantCulture), .. TrainOptions,
    ];
}
