namespace Mmrr.Autograd;

/// <summary>
/// The operations as functions of variables: <c>x.Conv2d(weight, bias).GroupNorm(gamma, beta, groups: 8)</c>. Each has its own file with forward and
/// backward.
/// </summary>
public static partial class Ops
{
    /// <summary>The sizes of images [N, H, W, C]; otherwise throws with the names of the operation and the argument.</summary>
    internal static (int Count, int Height, int Width, int Channels) ImageSizes(this Variable variable, string operation, string argument)
    {
        var shape = variable.Shape;
        return shape.Rank == 4
            ? (shape[0], shape[1], shape[2], shape[3])
            : throw new ArgumentException($"{operation}: {argument} has shape {shape}, expected [N, H, W, C]");
    }
}
