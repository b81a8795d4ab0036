namespace Mmrr;

/// <summary>
/// What operations ask of their arguments, on the host and before anything is enqueued. Each failure is one line that names the
/// operation, the argument, what came and what was expected.
/// </summary>
internal static class Check
{
    /// <summary>The tensor has exactly this shape.</summary>
    /// <exception cref="ArgumentException">It has another.</exception>
    public static void Shape(string operation, string argument, Tensor tensor, Shape expected)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        if (!tensor.Shape.Equals(expected)) throw new ArgumentException($"{operation}: {argument} is {tensor.Shape}, expected {expected}");
    }

    /// <summary>The tensor has exactly these sizes; none at all is a scalar.</summary>
    /// <exception cref="ArgumentException">It has others.</exception>
    public static void Shape(string operation, string argument, Tensor tensor, params ReadOnlySpan<int> expected)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        var shape = tensor.Shape;
        bool equal = shape.Rank == expected.Length;
        for (int i = 0; equal && i < expected.Length; i++) equal = shape[i] == expected[i];
        if (!equal) throw new ArgumentException($"{operation}: {argument} is {shape}, expected [{string.Join(", ", expected.ToArray())}]");
    }

    /// <summary>The tensor is <paramref name="first"/> rows of the shape that <paramref name="like"/> has after its first axis.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
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

    /// <summary>The shape [first, second] of what an operation keeps beside its tensors, such as the partial sums of several shares.</summary>
    /// <exception cref="ArgumentException">It has more elements than kernels can count; the message names the operation, what it is and the limit.</exception>
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

    /// <summary>The tensor has this many axes.</summary>
    /// <exception cref="ArgumentException">It has more or fewer.</exception>
    public static void Rank(string operation, string argument, Tensor tensor, int expected, string axes)
    {
        ArgumentNullException.ThrowIfNull(tensor, argument);
        if (tensor.Shape.Rank != expected) throw new ArgumentException($"{operation}: {argument} is {tensor.Shape}, expected {axes}");
    }

    /// <summary>All tensors are on the device of the first; null ones are skipped.</summary>
    /// <exception cref="ArgumentException">One is elsewhere.</exception>
    public static void Device(string operation, Tensor first, params ReadOnlySpan<Tensor?> others)
    {
        ArgumentNullException.ThrowIfNull(first);
        foreach (var other in others)
        {
            if (other is not null && !ReferenceEquals(other.Device, first.Device))
            {
                throw new ArgumentException($"{operation}: one argument is {first}, another {other}; expected all on one device");
            }
        }
    }

    /// <summary>The output shares its buffer with none of the inputs; null ones are skipped.</summary>
    /// <exception cref="ArgumentException">It does with one.</exception>
    public static void NoAlias(string operation, Tensor output, params ReadOnlySpan<Tensor?> inputs)
    {
        ArgumentNullException.ThrowIfNull(output);
        foreach (var input in inputs)
        {
            if (input is not null && output.Aliases(input))
            {
                throw new ArgumentException($"{operation}: the output {output} shares its buffer with the argument {input}; expected separate buffers");
            }
        }
    }
}
