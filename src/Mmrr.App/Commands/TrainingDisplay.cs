using System.Diagnostics;
using System.Globalization;
using Mmrr.App.Training;
using Spectre.Console;

namespace Mmrr.App.Commands;

/// <summary>Progress for people: one line that is rewritten on a terminal, a plain line now and then where it is not one.</summary>
internal sealed class TrainingDisplay : ITrainingProgress, IDisposable
{
    private static readonly TimeSpan s_terminalInterval = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan s_plainInterval = TimeSpan.FromSeconds(15);

    private readonly bool _terminal;
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private double _smoothLoss = double.NaN;
    private int _phase;

    private TrainingDisplay(bool terminal) => _terminal = terminal;

    /// <summary>For standard output.</summary>
    public static TrainingDisplay Open() => new(!Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Ansi);

    /// <inheritdoc/>
    public void Step(TrainingPhase phase, int epoch, long step, double loss, double fraction, TimeSpan elapsed)
    {
        _smoothLoss = phase.Number == _phase ? (0.95 * _smoothLoss) + (0.05 * loss) : loss;
        _phase = phase.Number;
        if (_sinceLine.Elapsed < (_terminal ? s_terminalInterval : s_plainInterval)) return;
        _sinceLine.Restart();
        string left = fraction > 0 ? $"{elapsed * ((1 - fraction) / fraction):m\\:ss} left" : "";
        string line = string.Create(CultureInfo.InvariantCulture, $"phase {phase.Number} {phase.Name}  epoch {epoch}  step {step}  loss {_smoothLoss:F5}  {fraction:P0}  {left}");
        if (!_terminal)
        {
            Console.WriteLine(line);
            return;
        }
        int filled = (int)(fraction * 24);
        // Written as it is: Spectre would break the line at the terminal's width, and it could not be rewritten.
        string bar = $"\u001b[32m{new string('━', filled)}\u001b[90m{new string('━', 24 - filled)}\u001b[0m";
        int room = Math.Max(0, Console.WindowWidth - 26);
        Console.Write($"\r{bar} {(line.Length > room && room > 0 ? line[..room] : line)}\u001b[K");
    }

    /// <inheritdoc/>
    public void Epoch(TrainingPhase phase, TrainingEpoch epoch)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"phase {epoch.Phase} {phase.Name}  epoch {epoch.Epoch} done  step {epoch.Step}  training loss {epoch.TrainingLoss:F5}  validation loss {epoch.ValidationLoss:F5}  {epoch.Seconds:F0} s");
        Console.WriteLine(_terminal ? $"\r{line}\u001b[K" : line);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_terminal) Console.Write("\r\u001b[K");
    }
}
