using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;

namespace Mmrr.Nn;

/// <summary>A phase of a method's training: the networks that it trains, and its loss.</summary>
/// <param name="model">The model.</param>
/// <param name="number">From 1.</param>
internal abstract class TrainingPhase(AnomalyModel model, int number)
{
    /// <summary>From 1.</summary>
    public int Number => number;

    /// <summary>The model.</summary>
    public AnomalyModel Model => model;

    /// <summary>The phase's name in the method's description, <see cref="AnomalyMethod.Phases"/>.</summary>
    public abstract string Name { get; }

    /// <summary>The checkpoint file of the networks.</summary>
    public abstract string CheckpointFile { get; }

    /// <summary>The networks whose weights the phase keeps. Those that its loss has no gradient for stay as they are.</summary>
    public abstract IEnumerable<(string Name, Module Network)> Networks { get; }

    /// <summary>Passes through a network per training image; a backward pass counts as two.</summary>
    public virtual int TrainingPasses => 3;

    /// <summary>Passes per level in validation, in addition to <see cref="ImagePasses"/> per image.</summary>
    public virtual int LevelPasses => 1;

    /// <summary>Passes shared by all levels of an image.</summary>
    public virtual int ImagePasses => 0;

    /// <summary>Whether the loss depends on levels.</summary>
    public virtual bool HasLevels => false;

    /// <summary>Prepares the phase, before its first step: called with the training images in batches [N, S, S, C].</summary>
    public virtual void Begin(IEnumerable<Tensor> images)
    {
    }

    /// <summary>The optimizer of the phase.</summary>
    public virtual Optimizer NewOptimizer(IEnumerable<Variable> parameters, double beta2) => new RAdam(parameters, beta2: beta2);

    /// <summary>The loss of a step, a scalar with gradients: a mean over all images and levels.</summary>
    /// <param name="images">[N, S, S, C].</param>
    /// <param name="levels">[N, L]; in training one level per image. Without meaning for a method without levels.</param>
    /// <param name="noise">The source of the step's noise.</param>
    public abstract Variable Loss(Tensor images, Tensor levels, in NoiseSource noise);

    /// <summary>The loss by which weights are chosen, likewise.</summary>
    public virtual Variable ValidationLoss(Tensor images, Tensor levels, in NoiseSource noise) => Loss(images, levels, noise);
}
