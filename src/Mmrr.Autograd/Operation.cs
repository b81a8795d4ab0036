namespace Mmrr.Autograd;

/// <summary>
/// One application of a function to variables: a subclass holds forward and backward together, and its instance is the recording.
/// <code>
/// internal sealed class Square(Variable x) : Operation([x])
/// {
///     private Tensor? _x;
///     public override string Name => "Square";
///     protected override Tensor Forward()
///     {
///         _x = Save(x.Value);
///         var y = EmptyLike(x);
///         Elementwise.Multiply(x.Value, x.Value, y);
///         return y;
///     }
///     protected override void Backward(Tensor outputGradient)
///     {
///         var gradient = EmptyLike(x);
///         Elementwise.Multiply(_x!, outputGradient, gradient);
///         Elementwise.Scale(gradient, 2f, gradient);
///         Propagate(x, gradient);
///     }
/// }
/// var y = new Square(x).Run();
/// </code>
/// Tensors created in <see cref="Forward"/> and <see cref="Backward"/> are disposed automatically, except the output, saved tensors and gradients. Test a
/// new operation with <see cref="GradientCheck"/>.
/// </summary>
public abstract class Operation
{
    private readonly Variable?[] _inputs;
    private readonly List<SavedInput> _saved = [];
    private readonly Queue<(Variable Input, Tensor Gradient)> _gradients = new();
    private DisposeScope? _scope;
    private Variable? _output;
    private bool _recording;

    /// <summary>Creates an operation on these inputs; null for an absent optional input.</summary>
    protected Operation(IReadOnlyList<Variable?> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        _inputs = [.. inputs];
    }

    /// <summary>The name in error messages.</summary>
    public abstract string Name { get; }

    /// <summary>Position in the order of recording.</summary>
    internal long Number { get; private set; }

    /// <summary>Whether backward has run, or the recording is no longer reachable.</summary>
    internal bool Dropped { get; private set; }

    /// <summary>The operations that produced the inputs that require gradients.</summary>
    internal IEnumerable<Operation> Producers => _inputs.Where(Wants).Select(input => input!.Producer).OfType<Operation>();

    /// <summary>
    /// Runs forward and, if an input requires a gradient and no <see cref="NoGradient"/> scope is open, records it. Call it once per instance.
    /// </summary>
    /// <returns>The output.</returns>
    /// <exception cref="InvalidOperationException">The operation has already run.</exception>
    public Variable Run()
    {
        if (Number != 0) throw new InvalidOperationException($"{Name}: an operation runs once; create a new one");
        Number = Tape.NextNumber();
        _recording = Tape.Recording && _inputs.Any(input => input is { RequiresGradient: true });
        Variable output;
        try
        {
            using var scope = new DisposeScope();
            _scope = scope;
            var value = Forward();
            FiniteCheck.Output(this, value);
            output = new Variable(scope.Keep(value.Share()), _recording, _recording ? this : null);
        }
        catch
        {
            FreeSaved();
            throw;
        }
        foreach (var input in _inputs.Where(Wants)) input!.Retain();
        _output = output;
        return output;
    }

    /// <summary>Computes the output from the inputs' values, and saves what backward needs.</summary>
    protected abstract Tensor Forward();

    /// <summary>
    /// Computes each required input gradient (<see cref="Wants"/>) and passes it to <see cref="Propagate"/>. The inputs' values may be freed: only saved
    /// tensors are available.
    /// </summary>
    /// <param name="outputGradient">Shaped like the output; it may be shared, so it must not be written to.</param>
    protected abstract void Backward(Tensor outputGradient);

    /// <summary>Whether this input's gradient is required; false for an absent input and when nothing is recorded.</summary>
    protected bool Wants(Variable? input) => _recording && input is { RequiresGradient: true };

    /// <summary>Called in forward: keeps values for backward in a new handle owned by the recording, which is returned.</summary>
    protected Tensor Save(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return _recording ? Record(new SavedInput(_scope!.Keep(tensor.Share()))).Value : tensor;
    }

    /// <summary>
    /// Called in forward: keeps an input's values for backward, which asks for them by <see cref="SavedInput.Value"/>; where the input is a copy, such as an
    /// enlarged image, what it was copied from.
    /// </summary>
    protected SavedInput Save(Variable input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!_recording) return new SavedInput(input.Value);
        return Record(input.Producer is CopyOperation producer ? new SavedInput(producer) : new SavedInput(_scope!.Keep(input.Value.Share())));
    }

    /// <summary>Called in backward with the complete gradient of an input. Ignored if not required; <c>outputGradient</c> itself is allowed.</summary>
    /// <exception cref="InvalidOperationException">The gradient's shape differs from the input's.</exception>
    protected void Propagate(Variable? input, Tensor gradient)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        if (!Wants(input)) return;
        if (!gradient.Shape.Equals(input!.Shape))
        {
            throw new InvalidOperationException($"{Name}: the gradient of an input {input.Shape} has shape {gradient.Shape}");
        }
        _gradients.Enqueue((input, _scope!.Keep(gradient.Share())));
    }

    /// <summary>
    /// Called in backward, for an operation that adds to what its input already has: takes the gradient that later readers of the input gave it, null where
    /// there is none yet or the input is a leaf. The caller disposes it, and passes the sum with its own to <see cref="Propagate"/>.
    /// </summary>
    protected Tensor? TakeGradient(Variable input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Wants(input) && input.Producer is not null ? input.TakeGradient() : null;
    }

    /// <summary>A tensor with arbitrary contents, with the variable's shape and device.</summary>
    protected static Tensor EmptyLike(Variable variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return Tensor.Empty(variable.Device, variable.Shape);
    }

    internal void RunBackward()
    {
        using (var outputGradient = _output!.TakeGradient()!)
        using (var scope = new DisposeScope())
        {
            _scope = scope;
            try
            {
                Backward(outputGradient);
                foreach (var (_, gradient) in _gradients) FiniteCheck.Gradient(this, gradient);
            }
            catch (ObjectDisposedException e)
            {
                throw new InvalidOperationException(
                    $"{Name}: backward read a tensor that is gone; it must be saved in forward, and a scope around forward must last until backward", e);
            }
        }
        FreeSaved();
        for (int i = 0; i < _inputs.Length; i++)
        {
            if (!Wants(_inputs[i]) || _gradients.Any(gradient => gradient.Input == _inputs[i])) continue;
            throw new InvalidOperationException($"{Name}: backward gave no gradient for input {i}");
        }
        // Deferred until here so that a gradient that is passed through has as few owners as possible.
        while (_gradients.TryDequeue(out var next)) next.Input.Accumulate(next.Gradient);
    }

    /// <summary>Releases the recording of this operation and of its producers that nothing else can reach.</summary>
    internal void Drop()
    {
        var pending = new Stack<Operation>([this]);
        while (pending.TryPop(out var operation))
        {
            if (operation.Dropped) continue;
            operation.Dropped = true;
            operation.FreeSaved();
            operation._output!.ZeroGradient();
            while (operation._gradients.TryDequeue(out var unused)) unused.Gradient.Dispose();
            foreach (var input in operation._inputs.Where(operation.Wants))
            {
                if (input!.Release() && input.Producer is { } producer) pending.Push(producer);
            }
        }
    }

    private SavedInput Record(SavedInput saved)
    {
        _saved.Add(saved);
        return saved;
    }

    private void FreeSaved()
    {
        foreach (var saved in _saved) saved.Free();
        _saved.Clear();
        FreeOutput();
    }

    /// <summary>Frees what a copy made again: no backward can ask for it any more.</summary>
    private protected virtual void FreeOutput()
    {
    }
}
