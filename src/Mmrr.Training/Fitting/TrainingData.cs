using System.Text;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>The normal images of a run in their three parts.</summary>
internal sealed class TrainingData
{
    /// <summary>Splits a set.</summary>
    public TrainingData(ImageSet set, TrainingOptions options)
    {
        Training = new ImageBatches(
            set, Members(set, ImagePart.Training), Augmentation.Parse(options.Augment), options.Model.Normalize, options.Model.Range, options.Seed);
        Validation = new ImageBatches(set, Members(set, ImagePart.Validation), Augmentation.None, options.Model.Normalize, options.Model.Range, options.Seed);
        Fingerprint = FingerprintOf(set);
    }

    /// <summary>The training images, augmented.</summary>
    public ImageBatches Training { get; }

    /// <summary>The validation images, unchanged.</summary>
    public ImageBatches Validation { get; }

    /// <summary>SHA-256 of the images' names and pixels, which identifies the data.</summary>
    public string Fingerprint { get; }

    /// <summary>The training images in batches [N, S, S, C] on the model's device, the last one smaller; each is disposed before the next.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">Images of a batch.</param>
    public IEnumerable<Tensor> Batches(AnomalyModel model, int batch)
    {
        var o = model.Options;
        for (int first = 0; first < Training.Count; first += batch)
        {
            int n = Math.Min(batch, Training.Count - first);
            var values = new float[n * Training.ImageLength];
            Training.Fill([.. Enumerable.Range(first, n)], epoch: 0, values);
            using var images = DisposeScope.Detach(Tensor.From(model.Device, new Shape(n, o.Size, o.Size, o.Channels), values));
            yield return images;
        }
    }

    /// <summary>
    /// The images used neither for training nor for validation: their scores are representative of normal images and determine the threshold.
    /// </summary>
    public static IEnumerable<Sample> CalibrationImages(ImageSet set) => set.Samples.Where(s => s.Part == ImagePart.Calibration);

    /// <summary>The training images.</summary>
    public static IEnumerable<Sample> TrainingImages(ImageSet set) => set.Samples.Where(s => s.Part == ImagePart.Training);

    private static int[] Members(ImageSet set, ImagePart part) => [.. Enumerable.Range(0, set.Samples.Count).Where(i => set.Samples[i].Part == part)];

    private static string FingerprintOf(ImageSet set)
    {
        var hash = new Sha256();
        foreach (var sample in set.Samples)
        {
            hash.Append(Encoding.UTF8.GetBytes(sample.Name + "\n"));
            hash.Append(sample.Pixels.Memory);
        }
        return Convert.ToHexStringLower(hash.Finish());
    }
}
