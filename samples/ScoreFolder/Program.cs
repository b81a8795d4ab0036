// Scores every image of a folder with a trained run, and says which are abnormal:  ScoreFolder RUN FOLDER
// Mmrr.Nn knows no image files; SkiaSharp reads them here. `mmrr score` does the same, and more: upright EXIF, damaged files, maps.
using Mmrr.Nn;
using SkiaSharp;

using var scorer = Scorer.Load(args[0]);
foreach (string file in Directory.EnumerateFiles(args[1]).Order(StringComparer.Ordinal))
{
    using var bitmap = SKBitmap.Decode(file) ?? throw new InvalidDataException($"{file}: not an image");
    using var pixels = bitmap.Copy(SKColorType.Rgba8888);
    var result = scorer.Score(new ImageFrame(pixels.GetPixelSpan(), pixels.Height, pixels.Width, PixelFormat.Rgba32, pixels.RowBytes), map: false);
    Console.WriteLine(FormattableString.Invariant($"{file},{result.Score:R},{(result.Anomalous is { } abnormal ? abnormal ? "abnormal" : "normal" : "no threshold")}"));
}
