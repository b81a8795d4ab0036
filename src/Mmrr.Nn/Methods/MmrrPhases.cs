using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>A phase of MMRR.</summary>
internal abstract class MmrrPhase(MmrrModel model, int number) : TrainingPhase(model, number)
{
    /// <inheritdoc/>
    public override string Name => MmrrModel.Method.Phases[Number - 1].Name;

    /// <inheritdoc/>
    public override string CheckpointFile => MmrrModel.Method.Phases[Number - 1].File;

    /// <summary>Passes shared by all levels of an image: its embedding and its mask logits.</summary>
    public override int ImagePasses => RestorationNetworks - 1;

    /// <inheritdoc/>
    public override bool HasLevels => true;

    /// <summary>The number of restoration networks, one to three: f_res, and f_E and f_M where the model has them.</summary>
    protected int RestorationNetworks => model.RestorationNetworks().Count();

    /// <summary>The model.</summary>
    protected new MmrrModel Model => model;

    /// <summary>x̂ for a batch.</summary>
    protected MmrrRestoration Restore(Variable x, Tensor levels, in NoiseSource noise)
    {
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        return model.Restore(x, e, logits, levels, noise);
    }
}

/// <summary>Phase 1: f_E, f_M and f_res on L_res = mean (x − x̂)² (equation 3).</summary>
internal sealed class RestorationPhase(MmrrModel model) : MmrrPhase(model, 1)
{
    public override IEnumerable<(string Name, Module Network)> Networks => Model.RestorationNetworks();

    public override int TrainingPasses => 3 * RestorationNetworks;

    public override int LevelPasses => 1;

    public override Variable Loss(Tensor images, Tensor levels, in NoiseSource noise)
    {
        using var x = Variable.Constant(images.Share());
        using var restoration = Restore(x, levels, noise);
        return restoration.Restored.MeanSquaredError(restoration.Image.Value);
    }
}

/// <summary>Phase 2: f_ref alone on L_ref = mean (x − (x̂ + r))² (equation 4); the other networks are frozen.</summary>
internal sealed class RefinementPhase(MmrrModel model) : MmrrPhase(model, 2)
{
    public override IEnumerable<(string Name, Module Network)> Networks => [("f_ref", Model.RefinementNetwork)];

    public override int TrainingPasses => RestorationNetworks + 3;

    public override int LevelPasses => 2;

    public override Variable Loss(Tensor images, Tensor levels, in NoiseSource noise)
    {
        using var x = Variable.Constant(images.Share());
        MmrrRestoration restoration;
        using (new NoGradient()) restoration = Restore(x, levels, noise);
        using (restoration)
        {
            using var refined = Model.Refine(restoration);
            return refined.MeanSquaredError(restoration.Image.Value);
        }
    }
}
