using System.Security.Cryptography;
using System.Text;
using Mmrr.App.Data;

namespace Mmrr.App.Training;

/// <summary>The normal images of a run in their two parts.</summary>
internal sealed class TrainingData
{
    /// <summary>Splits a set by the run's seed.</summary>
    public TrainingData(ImageSet set, TrainingOptions options)
    {
        var (training, validation) = Sampling.TrainValidation(set.Samples.Count, options.Seed);
        Training = new ImageBatches(set, training, Augmentation.Parse(options.Augment), options.Model.Normalize, options.Seed);
        Validation = new ImageBatches(set, validation, Augmentation.None, options.Model.Normalize, options.Seed);
        Fingerprint = FingerprintOf(set);
    }

    /// <summary>To train on, augmented.</summary>
    public ImageBatches Training { get; }

    /// <summary>To validate on, as they are.</summary>
    public ImageBatches Validation { get; }

    /// <summary>SHA-256 of the images' names and pixels: the same data, the same text.</summary>
    public string Fingerprint { get; }

    private static string FingerprintOf(ImageSet set)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var sample in set.Samples)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(sample.Name + "\n"));
            hash.AppendData(sample.Pixels);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
