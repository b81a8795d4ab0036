using Mmrr.Nn;

namespace Mmrr.Training.Fitting;

/// <summary>Who lets a run train: is told of it, and may stop it.</summary>
internal interface ITrainingHost
{
    /// <summary>What is being done, one line.</summary>
    void Note(string line);

    /// <summary>What is doubtful about the data or the threshold, one line.</summary>
    void Remark(string line);

    /// <summary>The threshold that training ended with.</summary>
    void Calibrated(Calibration calibration);

    /// <summary>Begins to watch the steps of training; disposed when they are over.</summary>
    ITrainingWatch Watch();
}

/// <summary>Watches the steps of training.</summary>
internal interface ITrainingWatch : ITrainingProgress, IDisposable
{
    /// <summary>Ends training after the step that is under way, with the state saved.</summary>
    CancellationToken Stop { get; }
}
