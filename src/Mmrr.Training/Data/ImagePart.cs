namespace Mmrr.Training.Data;

/// <summary>The part of a data set that an image belongs to.</summary>
internal enum ImagePart
{
    /// <summary>Training set.</summary>
    Training,

    /// <summary>Validation set, which selects the epoch.</summary>
    Validation,

    /// <summary>Calibration set, which determines the threshold.</summary>
    Calibration,

    /// <summary>Test set.</summary>
    Test,
}
