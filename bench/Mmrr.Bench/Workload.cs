namespace Mmrr.Bench;

/// <summary>The work of one launch.</summary>
/// <param name="Operations">Floating-point operations; 0 where they are not what bounds it.</param>
/// <param name="Bytes">Bytes that must at least be read and written.</param>
public readonly record struct Work(double Operations, double Bytes);

/// <summary>A parameter of a benchmark that knows the work of its kernels, by the formulas in docs/kernels.</summary>
public interface IWorkload
{
    /// <summary>The work of one launch of a benchmark's method.</summary>
    Work Of(string method);
}
