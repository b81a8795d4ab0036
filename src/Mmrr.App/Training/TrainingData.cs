using System.Security.Cryptography;
using System.Text;
using Mmrr.App.Data;

namespace Mmrr.App.Training;

/// <summary>The normal images of a run in their three parts.</summary>
internal sealed class TrainingData
{
    /// <summary>Splits a set by the run's seed.</summary>
    public TrainingData(ImageSet set, TrainingOptions options)
    {
        var (training, validation, _) = Split(set, options);
        Training = new ImageBatches(set, training, Augmentation.Parse(options.Augment), options.Model.Normalize, options.Model.Range, options.Seed);
        Validation = new ImageBatches(set, validation, Augmentation.None, options.Model.Normalize, options.Model.Range, options.Seed);
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
    public static IEnumerable<Sample> CalibrationImages(ImageSet set, TrainingOptions options) => Split(set, options).Calibration.Select(i => set.Samples[i]);

    /// <summary>The images that are trained on.</summary>
    public static IEnumerable<Sample> TrainingImages(ImageSet set, TrainingOptions options) => Split(set, options).Training.Select(i => set.Samples[i]);

    private static (int[] Training, int[] Validation, int[] Calibration) Split(ImageSet set, TrainingOptions options) =>
        Sampling.Split(set.Samples.Count, options.Seed, options.PaperSplit);

    private static string FingerprintOf(ImageSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var sample in set.Samples)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(sample.Name + "\n"));
            hash.AppendData(sample.Pixels.Memory);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
