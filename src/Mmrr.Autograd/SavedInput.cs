namespace Mmrr.Autograd;

/// <summary>
/// The values of an input as backward reads them: kept from forward or, where a <see cref="CopyOperation"/> produced them, made again when they are read.
/// </summary>
public sealed class SavedInput
{
    private readonly Tensor? _tensor;
    private readonly CopyOperation? _producer;

    internal SavedInput(Tensor tensor) => _tensor = tensor;

    internal SavedInput(CopyOperation producer)
    {
        _producer = producer;
        producer.AddReader();
    }

    /// <summary>The values, shaped like the input. Read it in backward only: the recording owns the handle.</summary>
    public Tensor Value => _tensor ?? _producer!.Repeat();

    internal void Free()
    {
        _tensor?.Dispose();
        _producer?.RemoveReader();
    }
}
