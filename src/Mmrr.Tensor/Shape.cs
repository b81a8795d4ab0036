namespace Mmrr;

/// <summary>The sizes of a dense, row-major tensor; the last axis varies fastest. Images are [N, H, W, C].</summary>
public sealed class Shape : IEquatable<Shape>
{
    /// <summary>
    /// Maximum threads of a grid-stride loop, 2²⁴: 32 groups of 256 threads for each of 2,048 multiprocessors. The index of such a loop passes the end of
    /// its elements by less.
    /// </summary>
    internal const int MaxStride = 1 << 24;

    /// <summary>
    /// Maximum number of elements, 2³¹ − 2²⁴: kernels use 32-bit indexes, and the next index of a grid-stride loop after one below this is below 2³¹.
    /// </summary>
    public const int MaxCount = int.MaxValue - MaxStride + 1;

    private readonly int[] _sizes;

    /// <summary>Creates a shape of the given sizes, each at least 1. No sizes mean a scalar with one element.</summary>
    /// <exception cref="ArgumentException">A size is below 1, or there are more than <see cref="MaxCount"/> elements.</exception>
    public Shape(params int[] sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        long count = 1;
        foreach (int size in sizes)
        {
            if (size < 1) throw new ArgumentException($"shape [{string.Join(", ", sizes)}]: every size must be at least 1");
            count *= size;
            if (count > MaxCount) throw new ArgumentException($"shape [{string.Join(", ", sizes)}]: more than {MaxCount} elements");
        }
        _sizes = (int[])sizes.Clone();
        Count = (int)count;
    }

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => _sizes.Length;

    /// <summary>The size of an axis; negative axes count from the last (-1).</summary>
    public int this[int axis] => _sizes[axis < 0 ? axis + _sizes.Length : axis];

    /// <summary>A copy of the sizes.</summary>
    public int[] ToArray() => (int[])_sizes.Clone();

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && _sizes.AsSpan().SequenceEqual(other._sizes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (int size in _sizes) hash.Add(size);
        return hash.ToHashCode();
    }

    /// <summary>For example <c>[16, 32, 32, 3]</c>.</summary>
    public override string ToString() => $"[{string.Join(", ", _sizes)}]";
}
