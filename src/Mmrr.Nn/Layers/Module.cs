using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>A module of a network that owns parameters. Names are PyTorch's: those of the submodules, joined by dots.</summary>
public abstract class Module : IDisposable
{
    private readonly List<(string Name, Shape Shape, Variable? Variable, int? Fan)> _parameters = [];
    private readonly List<(string Name, Module Module)> _modules = [];

    /// <summary>All parameters with their names, in a fixed order.</summary>
    public IEnumerable<(string Name, Variable Variable)> Parameters()
    {
        foreach (var (name, variable, _) in ParametersWithFans()) yield return (name, variable);
    }

    /// <summary>All parameters in the same order, with the fan that <see cref="AddParameter"/> was told, for <see cref="Initialization"/>.</summary>
    internal IEnumerable<(string Name, Variable Variable, int? Fan)> ParametersWithFans()
    {
        foreach (var (name, _, variable, fan) in _parameters) yield return (name, variable!, fan);
        foreach (var (prefix, module) in _modules)
        {
            foreach (var (name, variable, fan) in module.ParametersWithFans()) yield return ($"{prefix}.{name}", variable, fan);
        }
    }

    /// <summary>The names and shapes of all parameters; also for a plan, a module that was created without a device and has no values.</summary>
    public IEnumerable<(string Name, Shape Shape)> ParameterShapes()
    {
        foreach (var (name, shape, _, _) in _parameters) yield return (name, shape);
        foreach (var (prefix, module) in _modules)
        {
            foreach (var (name, shape) in module.ParameterShapes()) yield return ($"{prefix}.{name}", shape);
        }
    }

    /// <summary>Whether the module is in training, where a <see cref="Dropout"/> drops values. True until <see cref="Eval"/>.</summary>
    public bool Training { get; private set; } = true;

    /// <summary>Puts the module and its submodules into training.</summary>
    public void Train() => SetTraining(true);

    /// <summary>Takes the module and its submodules out of training.</summary>
    public void Eval() => SetTraining(false);

    /// <summary>Number of trainable values.</summary>
    public long ParameterCount => Parameters().Sum(p => (long)p.Variable.Value.Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes the parameters.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        foreach (var (_, variable) in Parameters()) variable?.Dispose();
    }

    /// <summary>
    /// Creates a parameter of this module, with arbitrary values until <see cref="Initialization"/> or a checkpoint sets them. Without a device only its
    /// name and shape are recorded: a checkpoint is compared with such a plan before anything is allocated.
    /// </summary>
    /// <param name="name">The name within this module.</param>
    /// <param name="device">Where its values are; null for a plan.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="fan">
    /// A weight's fan for <see cref="Initialization"/>; null for the product of a convolution's axes [K, K, in, out] without the last, and for biases and
    /// norms.
    /// </param>
    protected Variable AddParameter(string name, Device? device, Shape shape, int? fan = null)
    {
        var variable = device is null ? null : Variable.Parameter(DisposeScope.Detach(Tensor.Empty(device, shape)));
        _parameters.Add((name, shape, variable, fan));
        return variable!;
    }

    /// <summary>Adds a submodule.</summary>
    protected T Add<T>(string name, T module)
        where T : Module
    {
        _modules.Add((name, module));
        return module;
    }

    private void SetTraining(bool training)
    {
        Training = training;
        foreach (var (_, module) in _modules) module.SetTraining(training);
    }
}
