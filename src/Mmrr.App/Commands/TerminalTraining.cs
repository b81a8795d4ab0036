using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary>Training at a terminal: progress on standard output, warnings on standard error, stopped by Ctrl-C.</summary>
internal sealed class TerminalTraining : ITrainingHost
{
    /// <inheritdoc/>
    public void Note(string line) => Console.WriteLine(line);

    /// <inheritdoc/>
    public void Remark(string line) => Complaint.Write(line);

    /// <inheritdoc/>
    public void Calibrated(Calibration calibration) => ThresholdCommand.Print(calibration);

    /// <inheritdoc/>
    public ITrainingWatch Watch() => new Watching();

    private sealed class Watching : ITrainingWatch
    {
        private readonly Interruption _interruption = new();
        private readonly TrainingDisplay _display = TrainingDisplay.Open();

        public CancellationToken Stop => _interruption.Token;

        public void Step(in TrainingStep step) => _display.Step(step);

        public void Epoch(TrainingPhase phase, TrainingEpoch epoch) => _display.Epoch(phase, epoch);

        public void Resumed(TrainingPosition position) => _display.Resumed(position);

        public void Dispose()
        {
            _display.Dispose();
            _interruption.Dispose();
        }
    }
}
