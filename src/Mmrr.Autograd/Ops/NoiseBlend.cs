using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>ẽ = e⊙m + ε⊙(1−m). The gradient of e needs m; that of m needs e and ε.</summary>
internal sealed class NoiseBlendOperation(Variable e, Variable m, Tensor noise) : Operation([e, m])
{
    private Tensor? _e;
    private Tensor? _m;
    private Tensor? _noise;

    public override string Name => "NoiseBlend";

    protected override Tensor Forward()
    {
        var output = EmptyLike(e);
        NoiseBlend.Forward(e.Value, m.Value, noise, output);
        _e = Save(e.Value);
        _m = Save(m.Value);
        _noise = Save(noise);
        return output;
    }

    protected override void Backward(Tensor outputGradient)
    {
        var eGradient = Wants(e) ? EmptyLike(e) : null;
        var mGradient = Wants(m) ? EmptyLike(m) : null;
        NoiseBlend.Backward(_e!, _m!, _noise!, outputGradient, eGradient, mGradient);
        if (eGradient is not null) Propagate(e, eGradient);
        if (mGradient is not null) Propagate(m, mGradient);
    }
}

public static partial class Ops
{
    /// <summary>Blends the embedding with noise by the mask: e⊙m + ε⊙(1−m) (the paper's equation 1).</summary>
    /// <param name="e">The embedding, [N, H, W, C].</param>
    /// <param name="m">The mask, shaped like <paramref name="e"/>.</param>
    /// <param name="noise">ε, shaped like <paramref name="e"/>; the caller keeps the handle.</param>
    /// <returns>Shaped like <paramref name="e"/>.</returns>
    public static Variable NoiseBlend(this Variable e, Variable m, Tensor noise) => new NoiseBlendOperation(e, m, noise).Run();
}
