using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary><see cref="DeviationRule"/> as nodes.</summary>
internal sealed class DeviationGraph
{
    private readonly GraphBuilder _graph;
    private readonly NormalStatistics _statistics;
    private readonly Value _rows;
    private readonly Value _columns;

    /// <summary>Prepares the rule for a run's statistics.</summary>
    public DeviationGraph(GraphBuilder graph, NormalStatistics statistics)
    {
        (_graph, _statistics) = (graph, statistics);
        var formula = statistics.Formula;
        var rows = SquareMatrix.Smoothing(formula.Gaussian, formula.Size);
        _rows = graph.Floats(rows, formula.Size, formula.Size);
        _columns = graph.Floats(SquareMatrix.Transposed(rows, formula.Size, formula.Size), formula.Size, formula.Size);
    }

    /// <summary>Σ w·(√(G∗E) − mean)/spread over a group of levels.</summary>
    /// <param name="errors">E, [N, count, S, S].</param>
    /// <param name="first">The first level.</param>
    /// <param name="count">Number of levels.</param>
    /// <returns>[N, 1, S, S].</returns>
    public Value Sum(Value errors, int first, int count)
    {
        var levels = _statistics.Levels;
        List<float> means = [], factors = [];
        for (int l = first; l < first + count; l++)
        {
            var (mean, spread) = _statistics.Refined.At(l, levels.Count);
            float weight = (float)levels.Weights[l];
            means.AddRange(mean.Span);
            foreach (float s in spread.Span) factors.Add(weight / s);
        }
        long side = means.Count == count ? 1 : _statistics.Formula.Size;
        var roughness = _rows.MatMul(errors).MatMul(_columns).Apply("Sqrt");
        return ((roughness - _graph.Floats([.. means], 1, count, side, side)) * _graph.Floats([.. factors], 1, count, side, side)).Sum(1);
    }

    /// <summary>The mean of the largest values of a map.</summary>
    /// <param name="map">[N, S·S].</param>
    /// <returns>[N, 1].</returns>
    public Value Score(Value map) => map.Top(_statistics.Formula.Largest(_statistics.Formula.Size * _statistics.Formula.Size), largest: true).Mean(1);
}
