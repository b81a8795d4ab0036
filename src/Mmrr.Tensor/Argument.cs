namespace Mmrr;

/// <summary>
/// A tensor that an operation reads or writes, with its name in messages and the shape that the operation expects: <c>("gamma", gamma, new Shape(c))</c>, or
/// <c>("x", x)</c> where any shape is allowed or the operation has checked it.
/// </summary>
public readonly struct Argument
{
    private readonly string _name;
    private readonly Shape? _expected;
    private readonly bool _optional;

    private Argument(string name, Tensor? tensor, Shape? expected, bool optional) =>
        (_name, Tensor, _expected, _optional) = (name, tensor, expected, optional);

    /// <summary>The tensor; null where an optional one is absent.</summary>
    internal Tensor? Tensor { get; }

    /// <summary>An argument of any shape.</summary>
    public static implicit operator Argument((string Name, Tensor Tensor) argument) => Of(argument.Name, argument.Tensor);

    /// <summary>An argument of one shape.</summary>
    public static implicit operator Argument((string Name, Tensor Tensor, Shape Expected) argument) =>
        Of(argument.Name, argument.Tensor, argument.Expected);

    /// <summary>An argument of one shape, or of any.</summary>
    public static Argument Of(string name, Tensor tensor, Shape? expected = null) => new(name, tensor, expected, optional: false);

    /// <summary>An argument that may be absent.</summary>
    public static Argument Optional(string name, Tensor? tensor, Shape expected) => new(name, tensor, expected, optional: true);

    /// <summary>Checks that the tensor is there, has not been disposed and has the expected shape.</summary>
    internal void Verify(string operation)
    {
        if (Tensor is null)
        {
            if (!_optional) throw new ArgumentNullException(_name, $"{operation}: {_name} is null");
            return;
        }
        Tensor.ThrowIfDisposed();
        if (_expected is not null) Check.Shape(operation, _name, Tensor, _expected);
    }
}
