using System.Text.Json;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Runs;

/// <summary>
/// The complete state to resume a training: its position and, for the networks that the phase trains, the weights, the two moments of the optimizer, the
/// best weights so far and, where kept, the weights' averages. It is one safetensors file, written under a temporary name and renamed: this file alone
/// determines where a run resumes, and the other files of training are derived from it. (The second phase also reads <c>restoration.safetensors</c>, which
/// is final before the second phase's first state is written.)
/// </summary>
/// <param name="Position">The position of the training.</param>
/// <param name="Weights">The weights in PyTorch's layouts, as from <see cref="Checkpoint.Snapshot"/>.</param>
/// <param name="Best">The weights with the lowest validation loss.</param>
/// <param name="Moments">The moments of each parameter, in the engine's layouts.</param>
/// <param name="Averages">The averages of each parameter, likewise; empty where the run keeps none.</param>
internal sealed record TrainingState(
    TrainingPosition Position,
    IReadOnlyList<(string Name, int[] Shape, float[] Values)> Weights,
    IReadOnlyList<(string Name, int[] Shape, float[] Values)> Best,
    IReadOnlyList<(float[] First, float[] Second)> Moments,
    IReadOnlyList<float[]> Averages)
{
    /// <summary>The file's name in the run's folder; it is deleted when the run is finished.</summary>
    public const string FileName = "training.safetensors";

    private const string PositionKey = "mmrr.training";

    /// <summary>Whether every value is finite and can be written.</summary>
    public bool IsFinite =>
        Weights.All(w => Array.TrueForAll(w.Values, float.IsFinite)) && Averages.All(a => Array.TrueForAll(a, float.IsFinite))
        && Moments.All(m => Array.TrueForAll(m.First, float.IsFinite) && Array.TrueForAll(m.Second, float.IsFinite));

    /// <summary>Writes the file under a temporary name and replaces the old one.</summary>
    public void Write(string path)
    {
        var tensors = new List<(string, int[], float[])>();
        for (int i = 0; i < Weights.Count; i++)
        {
            var (name, shape, values) = Weights[i];
            tensors.Add(($"weights.{name}", shape, values));
            tensors.Add(($"best.{name}", shape, Best[i].Values));
            tensors.Add(($"first.{name}", [values.Length], Moments[i].First));
            tensors.Add(($"second.{name}", [values.Length], Moments[i].Second));
            if (Averages.Count > 0) tensors.Add(($"average.{name}", [values.Length], Averages[i]));
        }
        SafeTensorsFile.Write(path, new Dictionary<string, string> { [PositionKey] = Position.ToJson() }, tensors);
    }

    /// <summary>Reads the position alone.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static TrainingPosition ReadPosition(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        return PositionOf(file, path);
    }

    /// <summary>Reads a state. Names and shapes are compared with the model's before a value is read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The run's model.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or of another model.</exception>
    public static TrainingState Read(string path, AnomalyModel model)
    {
        using var file = SafeTensorsFile.Open(path);
        var position = PositionOf(file, path);
        (string Name, int[] Shape)[] parameters = position.Phase == TrainingPosition.Over
            ? []
            : [.. Checkpoint.Shapes(Phase(model, position, path).Networks)];
        var expected = new Dictionary<string, int[]>();
        foreach (var (name, shape) in parameters)
        {
            expected[$"weights.{name}"] = expected[$"best.{name}"] = shape;
            expected[$"first.{name}"] = expected[$"second.{name}"] = [shape.Aggregate(1, (a, b) => a * b)];
            if (position.Options.Average > 0) expected[$"average.{name}"] = expected[$"first.{name}"];
        }
        foreach (var entry in file.Entries)
        {
            if (!expected.Remove(entry.Name, out int[]? shape))
                throw new InvalidDataException($"{path}: it has a tensor '{entry.Name}', which the run's model does not have");
            if (!entry.Shape.SequenceEqual(shape))
                throw new InvalidDataException(
                    $"{path}: '{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", shape)}]");
        }
        if (expected.Count > 0) throw new InvalidDataException($"{path}: the tensor '{expected.Keys.First()}' is missing");
        return new TrainingState(
            position,
            [.. parameters.Select(p => (p.Name, p.Shape, file.Read($"weights.{p.Name}")))],
            [.. parameters.Select(p => (p.Name, p.Shape, file.Read($"best.{p.Name}")))],
            [.. parameters.Select(p => (file.Read($"first.{p.Name}"), file.Read($"second.{p.Name}")))],
            position.Options.Average > 0 ? [.. parameters.Select(p => file.Read($"average.{p.Name}"))] : []);
    }

    private static TrainingPhase Phase(AnomalyModel model, TrainingPosition position, string path) =>
        position.Phase <= model.Phases.Count
            ? model.Phases[position.Phase - 1]
            : throw new InvalidDataException($"{path}: it is of phase {position.Phase}, but the run's method has {model.Phases.Count}");

    private static TrainingPosition PositionOf(SafeTensorsFile file, string path)
    {
        if (!file.Metadata.TryGetValue(PositionKey, out string? json))
            throw new InvalidDataException($"{path}: the metadata has no {PositionKey}; it is not a training state");
        try
        {
            return TrainingPosition.FromJson(path, json);
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: the training's position cannot be read: {e.Message.Split('\n')[0]}", e);
        }
    }
}
