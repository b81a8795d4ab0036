namespace Mmrr.Autograd;

/// <summary>Thrown when an operation produces a NaN or an infinity; see <see cref="FiniteCheck"/>.</summary>
public sealed class NonFiniteException : Exception
{
    /// <summary>Creates the exception with a message that states the operation, the element and its value.</summary>
    /// <param name="operation">The operation's name.</param>
    /// <param name="what">What has the value: its output or a gradient.</param>
    /// <param name="shape">The shape of that tensor.</param>
    /// <param name="element">Index of the first such element, row-major.</param>
    /// <param name="value">Its value.</param>
    public NonFiniteException(string operation, string what, Shape shape, int element, float value)
        : base(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{operation} made {value} at element {element} of {what} {shape}"))
    {
        Operation = operation;
    }

    /// <summary>Creates the exception with a message.</summary>
    public NonFiniteException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause.</summary>
    public NonFiniteException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public NonFiniteException()
    {
    }

    /// <summary>The operation's name.</summary>
    public string? Operation { get; }
}
