using Mmrr.Autograd;
using Mmrr.Nn;
using Mmrr.Nn.Checkpoints;

namespace Mmrr.Training.Runs;

/// <summary>The networks that one phase trains, and its loss.</summary>
internal abstract class TrainingPhase(MmrrModel model)
{
    /// <summary>Phase 1 or 2 of a model.</summary>
    public static TrainingPhase Of(MmrrModel model, int number) => number == 1 ? new RestorationPhase(model) : new RefinementPhase(model);

    /// <summary>1 or 2.</summary>
    public abstract int Number { get; }

    /// <summary>Restoration or refinement.</summary>
    public abstract string Name { get; }

    /// <summary>The checkpoint file of the trained networks.</summary>
    public abstract string CheckpointFile { get; }

    /// <summary>The networks that are trained.</summary>
    public abstract IEnumerable<(string Name, Module Network)> Networks { get; }

    /// <summary>Passes through a network per training image; a backward pass counts as two.</summary>
    public abstract int TrainingPasses { get; }

    /// <summary>Passes per level in validation, in addition to <see cref="ImagePasses"/> per image.</summary>
    public abstract int LevelPasses { get; }

    /// <summary>Passes shared by all levels of an image: its embedding and its mask logits.</summary>
    public int ImagePasses => RestorationNetworks - 1;

    /// <summary>The number of restoration networks, one to three: f_res, and f_E and f_M where the model has them.</summary>
    protected int RestorationNetworks => model.RestorationNetworks().Count();

    /// <summary>The model.</summary>
    public MmrrModel Model => model;

    /// <summary>The mean squared error over all images and levels, a scalar with gradients.</summary>
    /// <param name="images">[N, S, S, C].</param>
    /// <param name="levels">[N, L]; in training one level per image.</param>
    /// <param name="noise">The source of ε.</param>
    public abstract Variable Loss(Tensor images, Tensor levels, in NoiseSource noise);

    /// <summary>x̂ for a batch.</summary>
    protected MmrrRestoration Restore(Variable x, Tensor levels, in NoiseSource noise)
    {
        using var e = model.Embed(x);
        using var logits = model.MaskLogits(x);
        return model.Restore(x, e, logits, levels, noise);
    }
}

/// <summary>Phase 1: f_E, f_M and f_res on L_res = mean (x − x̂)² (equation 3).</summary>
internal sealed class RestorationPhase(MmrrModel model) : TrainingPhase(model)
{
    public override int Number => 1;

    public override string Name => "restoration";

    public override string CheckpointFile => Checkpoint.RestorationFile;

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
internal sealed class RefinementPhase(MmrrModel model) : TrainingPhase(model)
{
    public override int Number => 2;

    public override string Name => "refinement";

    public override string CheckpointFile => Checkpoint.RefinementFile;

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
