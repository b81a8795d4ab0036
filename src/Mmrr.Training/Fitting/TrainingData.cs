using System.Text;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Runs;

namespace Mmrr.Training.Fitting;

/// <summary>The normal images of a run in their three parts.</summary>
internal sealed class TrainingData
{
    /// <summary>Takes a set apart.</summary>
    public TrainingData(ImageSet set, TrainingOptions options)
    {
        Training = new ImageBatches(
            set, Members(set, ImagePart.Training), Augmentation.Parse(options.Augment), options.Model.Normalize, options.Model.Range, options.Seed);
        Validation = new ImageBatches(set, Members(set, ImagePart.Validation), Augmentation.None, options.Model.Normalize, options.Model.Range, options.Seed);
        Fingerprint = FingerprintOf(set);
    }

    /// <summary>To train on, augmented.</summary>
    public ImageBatches Training { get; }

    /// <summary>To choose the epoch with, as they are.</summary>
    public ImageBatches Validation { get; }

    /// <summary>SHA-256 of the images' names and pixels: the same data, the same text.</summary>
    public string Fingerprint { get; }

    /// <summary>
    /// The images that were neither trained on nor chose the epoch: their scores are those of any other normal image, and set the threshold.
    /// </summary>
    public static IEnumerable<Sample> CalibrationImages(ImageSet set) => set.Samples.Where(s => s.Part == ImagePart.Calibration);

    /// <summary>The images that are trained on.</summary>
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
