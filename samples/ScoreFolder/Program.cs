// Scores every image of a folder with a trained run, and says which are abnormal:  ScoreFolder RUN FOLDER
// Mmrr.Nn knows no image files; ImageSharp reads them here. `mmrr score` does the same, and more: it turns photos upright, refuses damaged files, and draws
// maps.
using Mmrr.Nn;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

using var scorer = Scorer.Load(args[0]);
foreach (string file in Directory.EnumerateFiles(args[1]).Order(StringComparer.Ordinal))
{
    using var image = Image.Load<Rgb24>(file);
    var pixels = new byte[image.Height * image.Width * 3];
    image.CopyPixelDataTo(pixels);
    var result = scorer.Score(new Mmrr.Nn.ImageFrame(pixels, image.Height, image.Width, PixelFormat.Rgb24), map: false);
    Console.WriteLine(
        FormattableString.Invariant($"{file},{result.Score:R},{(result.Anomalous is { } abnormal ? abnormal ? "abnormal" : "normal" : "no threshold")}"));
}
