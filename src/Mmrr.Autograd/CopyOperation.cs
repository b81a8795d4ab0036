namespace Mmrr.Autograd;

/// <summary>
/// An operation that only copies values, whose output takes more memory than its inputs and a moment to make again: operations that save the output for
/// backward keep the inputs in its place. The output is made again for the first of them and freed after the last, at the latest with the recording.
/// </summary>
internal abstract class CopyOperation : Operation
{
    private readonly IReadOnlyList<Variable> _inputs;
    private SavedInput[]? _saved;
    private Tensor? _output;
    private int _readers;

    protected CopyOperation(IReadOnlyList<Variable> inputs)
        : base(inputs) => _inputs = inputs;

    protected sealed override Tensor Forward()
    {
        _saved = [.. _inputs.Select(Save)];
        return Copy([.. _inputs.Select(input => input.Value)]);
    }

    /// <summary>The output of the inputs' values.</summary>
    protected abstract Tensor Copy(IReadOnlyList<Tensor> values);

    /// <summary>The output once more; this operation owns the handle.</summary>
    internal Tensor Repeat() => _output ??= DisposeScope.Detach(Copy([.. _saved!.Select(input => input.Value)]));

    internal void AddReader() => _readers++;

    internal void RemoveReader()
    {
        if (--_readers == 0) FreeOutput();
    }

    private protected override void FreeOutput()
    {
        _output?.Dispose();
        _output = null;
    }
}
