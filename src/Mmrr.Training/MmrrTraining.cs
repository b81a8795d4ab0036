using System.Globalization;
using Mmrr.Nn;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.Training;

/// <summary>
/// Trains from C#, as <c>mmrr train</c> does: reads the images, trains both phases, measures the statistics of normal images and sets the threshold.
/// <see cref="Scorer"/> and the program read the files that it writes to the run's folder.
/// </summary>
public static class MmrrTraining
{
    /// <summary>
    /// Trains a new run. The channels, and the range of values unless the options name one other than that of 8 bits, are determined from the images.
    /// </summary>
    /// <param name="options">The options of the run, from <see cref="TrainingOptions.For"/>.</param>
    /// <param name="run">Its folder, which must not hold a run yet.</param>
    /// <param name="tell">Called with progress messages and warnings, one line each; null for none.</param>
    /// <param name="stop">Ends training after the current step, with the state saved.</param>
    /// <returns>Whether the run is finished; if not, it was stopped, and <see cref="Resume"/> continues it.</returns>
    /// <exception cref="ArgumentException">The options are contradictory.</exception>
    /// <exception cref="UsageException">The run cannot be written, or the device does not support the options.</exception>
    /// <exception cref="IOException">Data is missing.</exception>
    /// <exception cref="InvalidDataException">Data is damaged, there are fewer than three normal images, or a loss is not finite.</exception>
    public static bool Run(TrainingOptions options, string run, Action<string>? tell = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Func<IEnumerable<Sample>, PixelRange>? range = options.Model.Range == PixelRange.Bytes ? images => RangeChoice.Of(images) : null;
        return new TrainingSession(new Host(tell, stop)).Begin(options, run, range).Finished;
    }

    /// <summary>Resumes a stopped run from its last saved state.</summary>
    /// <param name="run">Its folder.</param>
    /// <param name="tell">As for <see cref="Run"/>.</param>
    /// <param name="stop">As for <see cref="Run"/>.</param>
    /// <returns>Whether the run is finished.</returns>
    /// <exception cref="FileNotFoundException">The folder is not a run.</exception>
    /// <exception cref="InvalidDataException">The run or its data is damaged, or the data has changed.</exception>
    public static bool Resume(string run, Action<string>? tell = null, CancellationToken stop = default)
    {
        var folder = RunFolder.Open(run);
        return folder.IsFinished || new TrainingSession(new Host(tell, stop)).Resume(folder);
    }

    private sealed class Host(Action<string>? tell, CancellationToken stop) : ITrainingHost, ITrainingWatch
    {
        public CancellationToken Stop => stop;

        public void Note(string line) => tell?.Invoke(line);

        public void Remark(string line) => tell?.Invoke(line);

        public void Calibrated(Calibration calibration) =>
            tell?.Invoke(string.Create(CultureInfo.InvariantCulture, $"threshold {calibration.Threshold:R}, from {calibration.Images.Count()} normal images"));

        public ITrainingWatch Watch() => this;

        public void Step(in TrainingStep step)
        {
        }

        public void Epoch(TrainingPhase phase, TrainingEpoch epoch)
        {
            if (epoch.ValidationLoss is { } loss)
                tell?.Invoke(string.Create(CultureInfo.InvariantCulture, $"phase {epoch.Phase} {phase.Name}  epoch {epoch.Epoch}  validation loss {loss:F5}"));
        }

        public void Resumed(TrainingPosition position)
        {
        }

        public void Dispose()
        {
        }
    }
}
