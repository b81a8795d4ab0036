namespace Mmrr.Autograd;

/// <summary>An operation made a value that is no number, or not finite; see <see cref="FiniteCheck"/>.</summary>
public sealed class NonFiniteException : Exception
{
    /// <summary>With what is known; the message says it.</summary>
    /// <param name="operation">The operation's name.</param>
    /// <param name="what">Output or gradient, of what.</param>
    /// <param name="shape">The shape of it.</param>
    /// <param name="element">The first such element, row-major.</param>
    /// <param name="value">Its value.</param>
    public NonFiniteException(string operation, string what, Shape shape, int element, float value)
        : base(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{operation} made {value} at element {element} of {what} {shape}"))
    {
        Operation = operation;
    }

    /// <summary>With a message.</summary>
    public NonFiniteException(string message)
        : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    public NonFiniteException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Without a message.</summary>
    public NonFiniteException()
    {
    }

    /// <summary>The operation's name.</summary>
    public string? Operation { get; }
}
