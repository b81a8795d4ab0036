using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Output;
using Mmrr.Nn;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Commands;

/// <summary>
/// Progress display: on a terminal, a table of the epochs, the best ones in green, above one line that is rewritten; elsewhere, plain lines at intervals.
/// </summary>
internal sealed class TrainingDisplay : ITrainingProgress, IDisposable
{
    private const int BarWidth = 24;

    // The speed is averaged over this time: single steps vary too much to be read.
    private const double SpeedSeconds = 3;

    private static readonly TimeSpan s_terminalInterval = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(15);

    private readonly bool _terminal;
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private readonly Stopwatch _sinceSpeed = Stopwatch.StartNew();
    private long _images;
    private double _speed = double.NaN;
    private double _smoothLoss = double.NaN;
    private double _validationLoss = double.NaN;
    private double _bestLoss = double.PositiveInfinity;
    private int _phase, _phaseOfTable;

    private TrainingDisplay(bool terminal) => _terminal = terminal;

    /// <summary>Creates the display for standard output.</summary>
    public static TrainingDisplay Open() => new(Screen.TakesCodes);

    /// <inheritdoc/>
    public void Step(in TrainingStep step)
    {
        if (step.Phase.Number != _phase) (_phase, _smoothLoss, _validationLoss) = (step.Phase.Number, step.Loss, double.NaN);
        _smoothLoss = (0.95 * _smoothLoss) + (0.05 * step.Loss);
        _images += step.Images;
        if (_sinceLine.Elapsed < (_terminal ? s_terminalInterval : s_plainInterval)) return;
        _sinceLine.Restart();
        double seconds = _sinceSpeed.Elapsed.TotalSeconds;
        if (double.IsNaN(_speed) || seconds >= SpeedSeconds)
        {
            _speed = _images / seconds;
            _images = 0;
            _sinceSpeed.Restart();
        }
        string left = step.Fraction > 0 ? $"  {Screen.Duration(step.Elapsed * ((1 - step.Fraction) / step.Fraction))} left" : "";
        string validation = double.IsNaN(_validationLoss) ? "" : string.Create(CultureInfo.InvariantCulture, $"  validation {_validationLoss:F5}");
        Write(step.Fraction, string.Create(
            CultureInfo.InvariantCulture,
            $"{step.Fraction,4:P0}{left}  phase {step.Phase.Number} {step.Phase.Name}  epoch {step.Epoch}  step {step.Number}  "
            + $"loss {_smoothLoss:F5}{validation}  rate {step.LearningRate:G3}  {_speed:F0} images/s"));
    }

    /// <inheritdoc/>
    public void Epoch(TrainingPhase phase, TrainingEpoch epoch)
    {
        // Epochs too short to be validated individually would fill the screen.
        if (epoch.ValidationLoss is not { } loss) return;
        _validationLoss = loss;
        if (_terminal) WriteRow(phase, epoch, loss);
        else
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"phase {epoch.Phase} {phase.Name}  epoch {epoch.Epoch} done  step {epoch.Step}  "
                + $"training loss {epoch.TrainingLoss:F5}  validation loss {loss:F5}  rate {epoch.LearningRate:G3}  {epoch.Seconds:F0} s"));
        }
    }

    /// <inheritdoc/>
    public void Resumed(TrainingPosition position) => Console.WriteLine(
        position.Phase == TrainingPosition.Over
            ? "resumed: training is finished"
            : $"resumed in phase {position.Phase}, epoch {position.Epoch}, after step {position.Step}");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_terminal) Console.Write("\r\u001b[K");
    }

    private void WriteRow(TrainingPhase phase, TrainingEpoch epoch, double loss)
    {
        if (phase.Number != _phaseOfTable)
        {
            (_phaseOfTable, _bestLoss) = (phase.Number, double.PositiveInfinity);
            Console.WriteLine(
                $"\r\u001b[1mphase {phase.Number}: {phase.Name}\u001b[0m\u001b[K\n"
                + "\u001b[90m  epoch     step   training   validation       rate     time\u001b[0m");
        }
        string validation = string.Create(CultureInfo.InvariantCulture, $"{loss,10:F5}");
        if (loss < _bestLoss) (_bestLoss, validation) = (loss, $"\u001b[32m{validation}\u001b[0m");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\r{epoch.Epoch,7}  {epoch.Step,7}  {epoch.TrainingLoss,9:F5}   "
            + $"{validation}  {epoch.LearningRate,9:G3}  {Screen.Duration(TimeSpan.FromSeconds(epoch.Seconds)),7}\u001b[K"));
    }

    private void Write(double fraction, string line)
    {
        if (!_terminal)
        {
            Console.WriteLine(line);
            return;
        }
        int filled = (int)(fraction * BarWidth);
        // Written directly: Spectre would wrap the line at the terminal's width, and it could not be rewritten.
        string bar = $"\u001b[32m{new string('━', filled)}\u001b[90m{new string('━', BarWidth - filled)}\u001b[0m";
        int room = Math.Max(0, Screen.Width - BarWidth - 2);
        Console.Write($"\r{bar} {(line.Length > room && room > 0 ? line[..room] : line)}\u001b[K");
    }
}
