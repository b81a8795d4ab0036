using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>Images masked at L levels and restored; every tensor is [N·L, S, S, C], row n·L + l for image n and level l.</summary>
/// <param name="Image">x, repeated.</param>
/// <param name="Embedding">e, repeated.</param>
/// <param name="Mask">m.</param>
/// <param name="Noise">ε.</param>
/// <param name="Restricted">ẽ = e⊙m + ε⊙(1−m).</param>
/// <param name="Restored">x̂.</param>
public sealed record MmrrRestoration(Variable Image, Variable Embedding, Variable Mask, Tensor Noise, Variable Restricted, Variable Restored) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Image.Dispose();
        Embedding.Dispose();
        Mask.Dispose();
        Noise.Dispose();
        Restricted.Dispose();
        Restored.Dispose();
    }

    internal Variable Input(RefinementInput input, Variable noise) => input switch
    {
        RefinementInput.Image => Image,
        RefinementInput.Restored => Restored,
        RefinementInput.Embedding => Embedding,
        RefinementInput.Restricted => Restricted,
        RefinementInput.Mask => Mask,
        _ => noise,
    };
}
