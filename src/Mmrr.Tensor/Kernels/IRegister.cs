using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mmrr.Kernels;

/// <summary>
/// A vector of float32 of a width that the processor has in one register, for loops that keep many vectors at once: a <see cref="Vector512{T}"/> where the
/// processor has only half of one is two registers, and what does not fit in 16 is stored and loaded again.
/// </summary>
internal unsafe interface IRegister<TSelf>
    where TSelf : struct, IRegister<TSelf>
{
    /// <summary>Its floats.</summary>
    static abstract int Width { get; }

    /// <summary>Loads a vector.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>A vector of equal values.</summary>
    static abstract TSelf Create(float value);

    /// <summary>a·b + c, rounded once where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    /// <summary>The sums.</summary>
    static abstract TSelf operator +(TSelf a, TSelf b);

    /// <summary>The differences.</summary>
    static abstract TSelf operator -(TSelf a, TSelf b);

    /// <summary>Stores the vector.</summary>
    void Store(float* target);

    /// <summary>The sum of its floats.</summary>
    float Sum();
}

/// <summary>Four floats.</summary>
internal readonly unsafe struct Register4(Vector128<float> value) : IRegister<Register4>
{
    private readonly Vector128<float> _value = value;

    /// <inheritdoc/>
    public static int Width => Vector128<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register4 Load(float* source) => new(Vector128.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register4 Create(float value) => new(Vector128.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register4 MultiplyAdd(Register4 a, Register4 b, Register4 c) => new(Vector128.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register4 operator +(Register4 a, Register4 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register4 operator -(Register4 a, Register4 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _value.Store(target);

    /// <inheritdoc/>
    public float Sum() => Vector128.Sum(_value);
}

/// <summary>Eight floats.</summary>
internal readonly unsafe struct Register8(Vector256<float> value) : IRegister<Register8>
{
    private readonly Vector256<float> _value = value;

    /// <inheritdoc/>
    public static int Width => Vector256<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register8 Load(float* source) => new(Vector256.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register8 Create(float value) => new(Vector256.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register8 MultiplyAdd(Register8 a, Register8 b, Register8 c) => new(Vector256.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register8 operator +(Register8 a, Register8 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register8 operator -(Register8 a, Register8 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _value.Store(target);

    /// <inheritdoc/>
    public float Sum() => Vector256.Sum(_value);
}

/// <summary>Sixteen floats.</summary>
internal readonly unsafe struct Register16(Vector512<float> value) : IRegister<Register16>
{
    private readonly Vector512<float> _value = value;

    /// <inheritdoc/>
    public static int Width => Vector512<float>.Count;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register16 Load(float* source) => new(Vector512.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register16 Create(float value) => new(Vector512.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register16 MultiplyAdd(Register16 a, Register16 b, Register16 c) => new(Vector512.MultiplyAddEstimate(a._value, b._value, c._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register16 operator +(Register16 a, Register16 b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Register16 operator -(Register16 a, Register16 b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => _value.Store(target);

    /// <inheritdoc/>
    public float Sum() => Vector512.Sum(_value);
}
