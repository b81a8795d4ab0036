using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>Sums over any axes, by a pass of the kernel for each group of neighbouring ones.</summary>
internal static class AxisSums
{
    /// <summary>factor · Σ of x over the axes that are true; they stay with the size 1. x itself if there are none.</summary>
    public static Tensor Over(Tensor x, bool[] summed, float factor)
    {
        int[] sizes = x.Shape.ToArray();
        // From the last group, which is contiguous, to the first, which applies the factor.
        for (int end = sizes.Length; (end = LastTrue(summed, end) + 1) > 0;)
        {
            int begin = end - 1;
            while (begin > 0 && summed[begin - 1]) begin--;
            Array.Fill(sizes, 1, begin, end - begin);
            var sums = Tensor.Empty(x.Device, new Shape(sizes));
            AxisReduction.Sum(x, begin, end - begin, sums, LastTrue(summed, begin) < 0 ? factor : 1f);
            x = sums;
            end = begin;
        }
        return x;
    }

    /// <summary>Which axes are chosen, all if none are named; negative ones count from the last.</summary>
    /// <exception cref="ArgumentException">An axis is not there, or is named twice.</exception>
    public static bool[] Chosen(string operation, Shape shape, int[] axes)
    {
        bool[] chosen = new bool[shape.Rank];
        if (axes.Length == 0) Array.Fill(chosen, true);
        foreach (int axis in axes)
        {
            int at = axis < 0 ? axis + shape.Rank : axis;
            if (at < 0 || at >= shape.Rank)
                throw new ArgumentException($"{operation}: axis {axis} of x {shape}, expected one from {-shape.Rank} to {shape.Rank - 1}");
            if (chosen[at]) throw new ArgumentException($"{operation}: axes are [{string.Join(", ", axes)}] of x {shape}, expected each once");
            chosen[at] = true;
        }
        return chosen;
    }

    private static int LastTrue(bool[] values, int end) => Array.LastIndexOf(values[..end], true);
}
