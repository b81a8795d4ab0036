using System.Text;
using Mmrr.Nn.Checkpoints;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Runs;
using Mmrr.Training.Data;
using Mmrr.Training.Data.Integrity;
using Mmrr.Training.Evaluation;
using Mmrr.Training.Runs;

namespace Mmrr.Serve.Reviews;

/// <summary>
/// What people decided on a run's images, in a folder beside the run, named after it: <c>RUN.reviews/reviews.csv</c>, the reviewed images under
/// <c>images/</c>, and <c>train.csv</c>, the list of images for <c>mmrr train --data csv</c>. The run itself is only read.
/// </summary>
internal sealed class ReviewBook(ServedRun run)
{
    private const string Images = "images";
    private readonly Lock _gate = new();
    private readonly ReviewFile _file = new(Path.Combine($"{run.Path}.reviews", "reviews.csv"));

    /// <summary>The folder.</summary>
    public string Folder => $"{run.Path}.reviews";

    /// <summary>The list of images to train on; null before the first review.</summary>
    public string? List => File.Exists(ListPath) ? ListPath : null;

    private string ListPath => Path.Combine(Folder, "train.csv");

    /// <summary>The last review of each image.</summary>
    public IReadOnlyList<Review> Last()
    {
        lock (_gate) return Last(_file.Read());
    }

    /// <summary>Keeps a review with its image, and writes the list anew.</summary>
    /// <param name="review">The review.</param>
    /// <param name="image">The image's file.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public void Add(Review review, byte[] image)
    {
        lock (_gate)
        {
            Directory.CreateDirectory(Path.Combine(Folder, Images));
            string kept = Path.Combine(Folder, Images, $"{review.Sha256}{Extension(image)}");
            if (!File.Exists(kept)) AtomicFile.Write(kept, stream => stream.Write(image));
            _file.Append(review);
            try
            {
                byte[] list = Encoding.UTF8.GetBytes(ListOf(Last(_file.Read())));
                AtomicFile.Write(ListPath, stream => stream.Write(list));
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new IOException($"the decision is kept, but {ListPath} cannot be written: {e.Message}", e);
            }
        }
    }

    private static List<Review> Last(IEnumerable<Review> all) => [.. all.GroupBy(r => r.Sha256).Select(g => g.Last())];

    // Columns as of --data csv; images that a person calls normal are trained on, the others tested.
    private string ListOf(List<Review> reviews)
    {
        var rows = new StringBuilder("image,label,split\n");
        foreach (var (path, hash) in TrainingImages())
        {
            // A person's decision replaces what the run was trained with.
            if (reviews.Exists(r => r.Sha256 == hash)) continue;
            rows.Append(CsvField.Quote(path)).Append(",normal,train\n");
        }
        var files = Directory.GetFiles(Path.Combine(Folder, Images)).ToLookup(f => Path.GetFileNameWithoutExtension(f), Path.GetFileName);
        foreach (var review in reviews.OrderBy(r => r.Sha256, StringComparer.Ordinal))
        {
            if (files[review.Sha256].FirstOrDefault() is { } file)
                rows.Append(Images).Append('/').Append(file).Append(review.Verdict == "normal" ? ",normal,train\n" : ",abnormal,test\n");
        }
        return rows.ToString();
    }

    /// <summary>The normal images that the run was trained with, as far as they are files that still lie where they did.</summary>
    private IEnumerable<(string Path, string Hash)> TrainingImages()
    {
        var folder = RunFolder.Open(run.Path);
        string? root = folder.Options.Data switch
        {
            "folder" => folder.Options.Root,
            "csv" => Path.GetDirectoryName(folder.Options.Root),
            _ => null,
        };
        if (root is null || DataRecord.Find(run.Path) is not { } record) yield break;
        foreach (var image in record.Images.Where(i => i.Part != ImagePart.Test).DistinctBy(i => i.Name))
        {
            string path = Path.GetFullPath(Path.Combine(root, image.Name));
            if (File.Exists(path)) yield return (path, image.Hash);
        }
    }

    private static string Extension(byte[] image) => ImageSignature.FormatOf(image) switch
    {
        PngCheck.Format => ".png",
        JpegCheck.Format => ".jpg",
        BmpCheck.Format => ".bmp",
        WebpCheck.Format => ".webp",
        TiffCheck.Format => ".tif",
        _ => ".pnm",
    };
}
