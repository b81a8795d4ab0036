using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Runs;

/// <summary>One line of <c>history.csv</c>.</summary>
/// <param name="Phase">1 for restoration, 2 for refinement.</param>
/// <param name="Epoch">From 1.</param>
/// <param name="Step">Steps of the phase so far.</param>
/// <param name="TrainingLoss">Mean loss of the epoch's steps.</param>
/// <param name="ValidationLoss">Loss at fixed levels and noise; null for an epoch without validation.</param>
/// <param name="LearningRate">Learning rate of the epoch.</param>
/// <param name="Seconds">Time spent on the phase so far.</param>
internal sealed record TrainingEpoch(int Phase, int Epoch, long Step, double TrainingLoss, double? ValidationLoss, double LearningRate, double Seconds)
{
    /// <summary>Whether the values are in range; sums of such steps and seconds do not overflow.</summary>
    [JsonIgnore]
    public bool IsPossible => Phase is 1 or 2 && Epoch >= 1 && Step is >= 0 and < 1L << 53 && Seconds is >= 0 and < 1e15;
}

/// <summary>The loss history of a run.</summary>
internal static class TrainingHistory
{
    /// <summary>The file's name in the run's folder.</summary>
    public const string FileName = "history.csv";

    /// <summary>Writes <c>history.csv</c>.</summary>
    public static void Write(string path, IEnumerable<TrainingEpoch> epochs)
    {
        var text = new StringBuilder("phase,epoch,step,training_loss,validation_loss,learning_rate,seconds\n");
        foreach (var e in epochs)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{e.Phase},{e.Epoch},{e.Step},{e.TrainingLoss:G9},{e.ValidationLoss:G9},{e.LearningRate:G9},{e.Seconds:F1}\n");
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    /// <summary>Reads the file; empty where it does not exist.</summary>
    /// <exception cref="InvalidDataException">A line cannot be read.</exception>
    public static IReadOnlyList<TrainingEpoch> Read(string path)
    {
        if (!File.Exists(path)) return [];
        try
        {
            return [.. File.ReadLines(path).Skip(1).Select(Parse)];
        }
        catch (Exception e) when (e is FormatException or OverflowException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: not the history of a training ({e.Message})", e);
        }
    }

    private static TrainingEpoch Parse(string line)
    {
        string[] cells = line.Split(',');
        double Number(int i) =>
            double.Parse(cells[i], CultureInfo.InvariantCulture) is var value && double.IsFinite(value)
                ? value
                : throw new FormatException($"{cells[i]} is not a finite number");
        var epoch = new TrainingEpoch(
            int.Parse(cells[0], CultureInfo.InvariantCulture), int.Parse(cells[1], CultureInfo.InvariantCulture),
            long.Parse(cells[2], CultureInfo.InvariantCulture),
            Number(3), cells[4].Length == 0 ? null : Number(4), Number(5), Number(6));
        return epoch.IsPossible ? epoch : throw new FormatException($"{line}: a value is out of its range");
    }
}
