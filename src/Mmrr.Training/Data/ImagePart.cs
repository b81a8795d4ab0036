namespace Mmrr.Training.Data;

/// <summary>What an image of a data set is for.</summary>
internal enum ImagePart
{
    /// <summary>Trained on.</summary>
    Training,

    /// <summary>Chooses the epoch.</summary>
    Validation,

    /// <summary>Sets the threshold.</summary>
    Calibration,

    /// <summary>Evaluated on.</summary>
    Test,
}
