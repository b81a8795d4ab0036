using ILGPU;

namespace Mmrr.Tests.Machine.Language;

/// <summary>A function of two 64-bit values in the subset of C# that ILGPU compiles: the machine runs it as PTX, and .NET as it stands.</summary>
internal interface IFunction
{
    long Of(long a, long b);
}

/// <summary>A function whose result are the bits of a double, and the relative error that its approximations may have.</summary>
internal interface IApproximateFunction : IFunction
{
    double Tolerance { get; }
}

/// <summary>The kernel of every function: one value a thread.</summary>
internal static class FunctionKernels
{
    public static void Kernel<TFunction>(Arguments arguments)
        where TFunction : unmanaged, IFunction
    {
        int i = (Grid.IdxX * Group.DimX) + Group.IdxX;
        arguments.Y[i] = default(TFunction).Of(arguments.A[i], arguments.B[i]);
    }

    internal struct Arguments
    {
        public ArrayView<long> A, B, Y; // [threads]
    }
}
