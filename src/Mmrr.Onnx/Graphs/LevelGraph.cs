using Mmrr.Nn;
using Mmrr.Onnx.Format;

namespace Mmrr.Onnx.Graphs;

/// <summary>Images restored at some consecutive levels.</summary>
/// <param name="First">The first of the levels.</param>
/// <param name="Count">Number of levels.</param>
/// <param name="Restored">x̂, [N, Count, C, S, S].</param>
/// <param name="Refined">x̂ + r.</param>
internal readonly record struct LevelGroup(int First, int Count, Value Restored, Value Refined);

/// <summary>
/// The model as nodes: embedding, mask, noise, restoration and refinement, with the groups of levels and the noise of <see cref="LevelWalk"/>. The noise of a
/// score depends on nothing but the model and its levels: it is a constant of the graph.
/// </summary>
internal sealed class LevelGraph
{
    private readonly GraphBuilder _graph;
    private readonly RunModel _run;
    private readonly NetworkGraph? _embedding;
    private readonly NetworkGraph? _mask;
    private readonly NetworkGraph _restoration;
    private readonly NetworkGraph _refinement;

    /// <summary>Prepares the networks; nothing is added to the graph.</summary>
    public LevelGraph(GraphBuilder graph, RunModel run)
    {
        (_graph, _run) = (graph, run);
        _embedding = run.Options.Embedding ? new NetworkGraph(graph, run, "f_e") : null;
        _mask = run.Options.Mask == MaskKind.Learned ? new NetworkGraph(graph, run, "f_m") : null;
        _restoration = new NetworkGraph(graph, run, "f_res");
        _refinement = new NetworkGraph(graph, run, "f_ref");
    }

    private long Channels => _run.Options.Channels;

    private long Size => _run.Options.Size;

    /// <summary>Restores images at all levels.</summary>
    /// <param name="x">[N, C, S, S], values in [−1, 1].</param>
    public IEnumerable<LevelGroup> Restore(Value x)
    {
        var levels = _run.Method.Levels;
        var e = _embedding is null ? x : _embedding.Forward(x).Apply("Tanh");
        var v = _mask?.Forward(x).Reshape(0, 1, -1);
        double largest = _mask is null ? 0 : MaskGraph.Largest(_run);
        int group = LevelWalk.GroupSize(_run.Options, levels.Count);
        for (int first = 0; first < levels.Count; first += group)
        {
            int count = Math.Min(group, levels.Count - first);
            float[] mu = levels.Levels.Slice(first, count).ToArray();
            var images = PerLevel(x).Apply("Shape"); // of [N, 1, C, S, S]
            var mask = v is { } logits
                ? MaskGraph.Solve(logits, mu, largest).Reshape(0, 0, Channels, Size, Size)
                : _graph.Floats(FixedMask(mu, first), 1, count, Channels, Size, Size);
            var noise = _graph.Floats(Noise(first, count), 1, count, Channels, Size, Size);
            var restricted = (PerLevel(e) * mask) + (noise * (1 - mask)); // [N, count, C, S, S]
            var restored = Apart(_restoration.Forward(Joined(restricted)).Apply("Tanh"), count);
            Value[] inputs = [.. _run.Options.RefinementInputs.Select(input => Joined(input switch
            {
                RefinementInput.Image => Repeated(x, count),
                RefinementInput.Restored => restored,
                RefinementInput.Embedding => Repeated(e, count),
                RefinementInput.Restricted => restricted,
                RefinementInput.Mask => v is null ? mask.Expand(images) : mask,
                _ => noise.Expand(images),
            }))];
            var joined = inputs.Length == 1 ? inputs[0] : _graph.Node("Concat", inputs, ("axis", 1L));
            yield return new LevelGroup(first, count, restored, restored + Apart(_refinement.Forward(joined), count));
        }
    }

    /// <summary>ε of a group of levels, [count, C, S, S]: that of <see cref="LevelWalk"/>, whose images have their channels last.</summary>
    private float[] Noise(int first, int count) => Drawn(count, i => Philox.Uniform(LevelWalk.NoiseSeed, (ulong)first, i, -1, 1));

    /// <summary>The masks that do not depend on the image, [count, C, S, S]: constant, or drawn as <see cref="MmrrModel"/> draws them.</summary>
    private float[] FixedMask(float[] levels, int first)
    {
        long length = Channels * Size * Size;
        return Drawn(levels.Length, i =>
        {
            float level = levels[(int)((long)i / length)];
            return _run.Options.Mask == MaskKind.Constant ? level : Philox.Uniform(LevelWalk.NoiseSeed, ~(ulong)first, i) < level ? 1 : 0;
        });
    }

    // From numbers in the order [count, S, S, C].
    private float[] Drawn(int count, Func<ulong, float> number)
    {
        long pixels = Size * Size;
        var drawn = new float[checked(count * pixels * Channels)];
        Parallel.For(0, count, level =>
        {
            for (long p = 0; p < pixels; p++)
            {
                for (long c = 0; c < Channels; c++) drawn[(((level * Channels) + c) * pixels) + p] = number((ulong)((((level * pixels) + p) * Channels) + c));
            }
        });
        return drawn;
    }

    /// <summary>[N, C, S, S] to [N, 1, C, S, S].</summary>
    private Value PerLevel(Value x) => x.Reshape(-1, 1, Channels, Size, Size);

    private Value Repeated(Value x, int count) => PerLevel(x).Expand(_graph.Longs(1, count, 1, 1, 1));

    /// <summary>[N, count, C, S, S] to [N·count, C, S, S].</summary>
    private Value Joined(Value x) => x.Reshape(-1, Channels, Size, Size);

    private Value Apart(Value x, int count) => x.Reshape(-1, count, Channels, Size, Size);
}
