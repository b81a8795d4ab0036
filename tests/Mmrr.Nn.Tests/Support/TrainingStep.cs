using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Nn.Tests.Support;

/// <summary>The two losses, equations 3 and 4.</summary>
internal static class TrainingStep
{
    /// <summary>L_res for phase 1, L_ref (with the other networks frozen) for phase 2.</summary>
    public static Variable Loss(MmrrModel model, int phase, Tensor images, Tensor levels, NoiseSource noise)
    {
        using var x = Variable.Constant(images.Share());
        if (phase == 1)
        {
            using var restoration = Restore(model, x, levels, noise);
            return restoration.Restored.MeanSquaredError(images);
        }
        MmrrRestoration frozen;
        using (new NoGradient()) frozen = Restore(model, x, levels, noise);
        using (frozen)
        {
            using var refined = model.Refine(frozen);
            return refined.MeanSquaredError(images);
        }
    }

    /// <summary>The networks that a phase trains.</summary>
    public static IEnumerable<(string Name, Module Network)> Networks(MmrrModel model, int phase) =>
        phase == 1 ? model.RestorationNetworks() : [("f_ref", model.RefinementNetwork)];

    /// <summary>Their parameters.</summary>
    public static IEnumerable<(string Name, Variable Variable)> Parameters(MmrrModel model, int phase) =>
        Networks(model, phase).SelectMany(n => n.Network.Parameters().Select(p => ($"{n.Name}.{p.Name}", p.Variable)));

    /// <summary>One whole step, and its loss.</summary>
    public static float Take(MmrrModel model, int phase, RAdam optimizer, int batch, ulong step)
    {
        using var scope = new DisposeScope();
        var images = Small.ImageTensor(model.Device, model.Options, batch, (int)step);
        var levels = Tensor.From(model.Device, new Shape(batch, 1), [.. Enumerable.Range(0, batch).Select(i => Philox.Uniform(3, step, (ulong)i))]);
        using var loss = Loss(model, phase, images, levels, new NoiseSource(1, step, SameForEveryImage: false));
        loss.Backward();
        optimizer.Step(1e-3);
        return loss.Value.Item();
    }

    private static MmrrRestoration Restore(MmrrModel model, Variable x, Tensor levels, NoiseSource noise)
    {
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        return model.Restore(x, e, logits, levels, noise);
    }
}
