namespace Mmrr;

/// <summary>
/// Checks of operations' arguments, on the host and before anything is enqueued. Each message is one line with the operation, the argument, the actual and
/// the expected value.
/// </summary>
internal static class Check
{
    /// <summary>Checks that the tensor has exactly this shape.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public static void Shape(string operation, string argument, Tensor tensor, Shape expected)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        if (!tensor.Shape.Equals(expected)) throw new ArgumentException($"{operation}: {argument} is {tensor.Shape}, expected {expected}");
    }

    /// <summary>Checks that the tensor has <paramref name="first"/> rows of the shape of <paramref name="like"/> after its first axis.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public static void Rows(string operation, string argument, Tensor tensor, long first, Shape like)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        var shape = tensor.Shape;
        bool equal = shape.Rank == like.Rank && shape[0] == first;
        for (int i = 1; equal && i < like.Rank; i++) equal = shape[i] == like[i];
        if (!equal)
        {
            string rest = string.Concat(like.ToArray().Skip(1).Select(size => $", {size}"));
            throw new ArgumentException($"{operation}: {argument} is {shape}, expected [{first}{rest}]");
        }
    }

    /// <summary>The shape [first, second] of an operation's intermediate results, such as the partial sums of several shares.</summary>
    /// <exception cref="ArgumentException">It has more elements than kernels can index; the message names the operation, the result and the limit.</exception>
    public static Shape Intermediate(string operation, string what, long first, long second = 1)
    {
        if (second > Mmrr.Shape.MaxCount / first)
        {
            throw new ArgumentException(
                $"{operation}: {what} would be [{first}, {second}], expected at most {Mmrr.Shape.MaxCount} elements; "
                + "a smaller batch or fewer channels need less");
        }
        return new Shape((int)first, (int)second);
    }

    /// <summary>Checks that the tensor has this many axes.</summary>
    /// <exception cref="ArgumentException">The number of axes differs.</exception>
    public static void Rank(string operation, string argument, Tensor tensor, int expected, string axes)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        if (tensor.Shape.Rank != expected) throw new ArgumentException($"{operation}: {argument} is {tensor.Shape}, expected {axes}");
    }

    /// <summary>Checks that two tensors are on one device.</summary>
    /// <exception cref="ArgumentException">They are on two.</exception>
    public static void Device(string operation, Tensor first, Tensor other)
    {
        if (!ReferenceEquals(other.Device, first.Device))
            throw new ArgumentException($"{operation}: one argument is {first}, another {other}; expected all on one device");
    }

    /// <summary>Checks that the output shares its buffer with no other argument; null is skipped.</summary>
    /// <exception cref="ArgumentException">They share a buffer.</exception>
    public static void NoAlias(string operation, Tensor output, Tensor? input)
    {
        if (input is not null && output.Aliases(input))
            throw new ArgumentException($"{operation}: the output {output} shares its buffer with the argument {input}; expected separate buffers");
    }
}
