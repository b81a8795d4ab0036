using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// Dropout (Srivastava et al. 2014): in training each element is 0 with a probability p, else 1/(1 − p) times itself; otherwise x passes unchanged. Every
/// call draws from the next stream, so that a training with the same seed drops the same elements on every device.
/// </summary>
/// <param name="probability">p, from 0 to below 1.</param>
/// <param name="seed">The seed; another one for each layer.</param>
public sealed class Dropout(float probability, ulong seed = 0) : Module
{
    private ulong _stream;

    /// <summary>x with elements dropped in training, x itself otherwise.</summary>
    public Variable Forward(Variable x) => Training ? x.Dropout(probability, seed, _stream++) : x;
}
