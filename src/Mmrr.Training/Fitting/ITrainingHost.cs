using Mmrr.Nn;

namespace Mmrr.Training.Fitting;

/// <summary>The host of a training: receives its messages and may stop it.</summary>
internal interface ITrainingHost
{
    /// <summary>Called with a progress message of one line.</summary>
    void Note(string line);

    /// <summary>Called with a warning about the data or the threshold, one line.</summary>
    void Remark(string line);

    /// <summary>Called with the threshold at the end of training.</summary>
    void Calibrated(Calibration calibration);

    /// <summary>Starts watching the steps of training; the result is disposed after the last step.</summary>
    ITrainingWatch Watch();
}

/// <summary>Watches the steps of training.</summary>
internal interface ITrainingWatch : ITrainingProgress, IDisposable
{
    /// <summary>Ends training after the current step, with the state saved.</summary>
    CancellationToken Stop { get; }
}
