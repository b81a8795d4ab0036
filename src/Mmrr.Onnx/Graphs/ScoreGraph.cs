using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>The score and the map of images of the model's size, by the run's rule, as <see cref="Scoring"/> computes them with refinement.</summary>
internal sealed class ScoreGraph
{
    private readonly RunModel _run;
    private readonly LevelGraph _levels;

    /// <summary>Prepares the graph; nothing is added to it.</summary>
    public ScoreGraph(GraphBuilder graph, RunModel run) => (_run, _levels) = (run, new LevelGraph(graph, run));

    /// <summary>Scores images.</summary>
    /// <param name="x">[N, C, S, S], values in [−1, 1].</param>
    /// <returns>The scores [N] and maps [N, S, S].</returns>
    public (Value Scores, Value Maps) Score(Value x)
    {
        var rule = _run.Method.Rule;
        var deviation = rule == ScoreRule.Deviation ? new DeviationGraph(x.Graph, _run.Method.Statistics!) : null;
        var neighbours = rule == ScoreRule.Neighbours ? new NeighbourGraph(_run, x) : null;
        Value? map = null, distance = neighbours?.Images();
        foreach (var group in _levels.Restore(x))
        {
            var errors = Errors(group.Refined, x); // [N, count, S, S]
            var sum = deviation is null ? errors.Sum(1) : deviation.Sum(errors, group.First, group.Count);
            map = map is { } before ? before + sum : sum;
            if (neighbours is not null) distance += neighbours.Errors(group);
        }
        int size = _run.Options.Size;
        var maps = map!.Value.Reshape(-1, size, size);
        var scores = distance ?? (deviation is null ? maps.Mean(1, 2) : deviation.Score(maps.Reshape(0, -1)));
        return (scores.Reshape(-1), maps);
    }

    /// <summary>The channels' mean squared error.</summary>
    private Value Errors(Value prediction, Value x)
    {
        var difference = prediction - x.Reshape(-1, 1, _run.Options.Channels, _run.Options.Size, _run.Options.Size);
        return (difference * difference).Mean(2).Reshape(0, 0, _run.Options.Size, _run.Options.Size);
    }
}
