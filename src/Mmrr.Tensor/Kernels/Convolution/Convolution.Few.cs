namespace Mmrr.Kernels;

/// <content>The CPU entries of convolutions between many channels and few.</content>
public static unsafe partial class Convolution
{
    // Maximum number of shares of the rows in a weight gradient, each with its own sums.
    private const int MostShares = 16;

    /// <summary>Forward into few outputs, or (turned by 180°) the data gradient into few channels: [N, H, W, many] to [N, H, W, few].</summary>
    private static void EnqueueGather(SimdLaunch simd, Tensor x, Tensor weight, Tensor? bias, Tensor? residual, Geometry g, bool backward, Tensor output)
    {
        int many = backward ? g.Outputs : g.Channels, few = backward ? g.Channels : g.Outputs;
        using var turned = Tensor.Empty(x.Device, new Shape(few, g.Taps, many));
        float* px = x.Pointer, pw = weight.Pointer, pt = turned.Pointer, py = output.Pointer;
        float* pb = bias is null ? null : bias.Pointer;
        float* pr = residual is null ? null : residual.Pointer;
        simd.Run(worker =>
        {
            var (begin, end) = worker.Share(few * g.Taps, 1);
            for (int i = begin; i < end; i++)
            {
                int f = i / g.Taps, tap = i % g.Taps;
                for (int m = 0; m < many; m++)
                {
                    pt[((nint)i * many) + m] = backward
                        ? pw[((((nint)(g.Taps - 1 - tap) * few) + f) * many) + m]
                        : pw[((((nint)tap * many) + m) * few) + f];
                }
            }
            worker.Barrier();
            int bands = (g.Height + FewChannels.Rows - 1) / FewChannels.Rows;
            while (worker.TryTake(g.Images * bands, out int unit))
            {
                int image = unit / bands, row = unit % bands * FewChannels.Rows;
                nint pixel = (nint)image * g.Height * g.Width;
                FewChannels.Gather(
                    px + (pixel * many), g.Height, g.Width, many, few, pt, pb,
                    pr == null ? null : pr + (pixel * few), py + (pixel * few), row, Math.Min(g.Height, row + FewChannels.Rows));
            }
        });
    }

    /// <summary>The weight gradient for few outputs or (with x and dy exchanged) few channels.</summary>
    private static void EnqueueCorrelate(SimdLaunch simd, Tensor x, Tensor outputGradient, Geometry g, Tensor weightGradient, Tensor? biasGradient)
    {
        bool exchanged = g.Outputs > 4;
        int many = exchanged ? g.Outputs : g.Channels, few = exchanged ? g.Channels : g.Outputs;
        int rows = g.Images * g.Height, shares = Math.Min(MostShares, rows), floats = (few * g.Taps * many) + g.Outputs;
        using var partial = Tensor.Empty(x.Device, new Shape(shares, floats));
        float* px = exchanged ? outputGradient.Pointer : x.Pointer, py = exchanged ? x.Pointer : outputGradient.Pointer, pp = partial.Pointer;
        float* pdy = outputGradient.Pointer, pdw = weightGradient.Pointer;
        float* pdb = biasGradient is null ? null : biasGradient.Pointer;
        simd.Run(worker =>
        {
            float* line = worker.Scratch(g.Width + 2);
            while (worker.TryTake(shares, out int share))
            {
                int begin = (int)((long)rows * share / shares), end = (int)((long)rows * (share + 1) / shares);
                float* sums = pp + ((nint)share * floats);
                new Span<float>(sums, floats).Clear();
                if (pdb != null) FewChannels.Add(pdy + ((nint)begin * g.Width * g.Outputs), (end - begin) * g.Width, g.Outputs, sums + floats - g.Outputs);
                for (int row = begin; row < end;)
                {
                    int image = row / g.Height, next = Math.Min(end, (image + 1) * g.Height);
                    nint pixel = (nint)image * g.Height * g.Width;
                    FewChannels.Correlate(
                        px + (pixel * many), py + (pixel * few), g.Height, g.Width, many, few,
                        row - (image * g.Height), next - (image * g.Height), line, sums);
                    row = next;
                }
            }
            worker.Barrier();
            var (first, last) = worker.Share(few * g.Taps, 1);
            for (int i = first; i < last; i++)
            {
                int f = i / g.Taps, tap = i % g.Taps;
                for (int m = 0; m < many; m++)
                {
                    // x and dy exchanged: a pixel to the left in one is to the right in the other.
                    nint to = exchanged ? ((((nint)(g.Taps - 1 - tap) * few) + f) * many) + m : ((((nint)tap * many) + m) * few) + f;
                    pdw[to] = SumOfShares(pp + ((nint)i * many) + m);
                }
            }
            if (pdb == null || worker.Index != worker.Count - 1) return;
            for (int o = 0; o < g.Outputs; o++) pdb[o] = SumOfShares(pp + floats - g.Outputs + o);

            float SumOfShares(float* from)
            {
                float sum = *from;
                for (int s = 1; s < shares; s++) sum += from[(nint)s * floats];
                return sum;
            }
        });
    }
}
