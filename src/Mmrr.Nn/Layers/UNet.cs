using Mmrr.Autograd;

namespace Mmrr.Nn;

/// <summary>
/// A U-Net (Ronneberger et al. 2015) over <see cref="WideResidualBlock"/>s, all of one width. Down, at each of R resolutions: two blocks, then (except at
/// the last) a stride-2 convolution. Up, at each except the lowest: nearest ×2, a convolution, concatenation with the skip's channels, two blocks.
/// Resolution 0 is the finest. Submodules: <c>stem</c>, <c>down.{r}.{i}</c>, <c>shrink.{r}</c> (from r to r + 1), <c>grow.{r}</c> (its result has
/// resolution r), <c>up.{r}.{i}</c> (<c>up.{r}.0</c> reads [upsampled, skip]), <c>norm</c>, <c>head</c>.
/// </summary>
public sealed class UNet : Module
{
    private readonly Conv2d _stem;
    private readonly Conv2d _head;
    private readonly GroupNorm _norm;
    private readonly WideResidualBlock[][] _down;
    private readonly WideResidualBlock[][] _up;
    private readonly Conv2d[] _shrink;
    private readonly Conv2d[] _grow;

    /// <summary>A network from <paramref name="inputs"/> to <paramref name="outputs"/> channels.</summary>
    /// <param name="device">The device of its parameters; null for a plan, which has only their names and shapes.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="width">Inner channels.</param>
    /// <param name="resolutions">R, at least 1; images must be divisible by 2^(R−1).</param>
    public UNet(Device? device, int inputs, int outputs, int width, int resolutions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resolutions, 1);
        _stem = Add("stem", new Conv2d(device, inputs, width));
        _down = [.. Enumerable.Range(0, resolutions).Select(r => Pair($"down.{r}", device, width, width))];
        _shrink = [.. Enumerable.Range(0, resolutions - 1).Select(r => Add($"shrink.{r}", new Conv2d(device, width, width, stride: 2)))];
        _grow = [.. Enumerable.Range(0, resolutions - 1).Select(r => Add($"grow.{r}", new Conv2d(device, width, width)))];
        _up = [.. Enumerable.Range(0, resolutions - 1).Select(r => Pair($"up.{r}", device, 2 * width, width))];
        _norm = Add("norm", new GroupNorm(device, width));
        _head = Add("head", new Conv2d(device, width, outputs));
    }

    /// <summary>[N, H, W, inputs] to [N, H, W, outputs].</summary>
    public Variable Forward(Variable x)
    {
        var h = _stem.Forward(x);
        var skips = new Stack<Variable>();
        for (int r = 0; r < _down.Length; r++)
        {
            foreach (var block in _down[r]) h = Replace(h, block.Forward(h));
            if (r == _shrink.Length) break;
            skips.Push(h);
            h = _shrink[r].Forward(h);
        }
        for (int r = _grow.Length - 1; r >= 0; r--)
        {
            h = Replace(h, h.NearestUpsample());
            h = Replace(h, _grow[r].Forward(h));
            using (var skip = skips.Pop()) h = Replace(h, h.ChannelConcat(skip));
            foreach (var block in _up[r]) h = Replace(h, block.Forward(h));
        }
        return Replace(h, _head.Forward(_norm, h));
    }

    private static Variable Replace(Variable old, Variable by)
    {
        old.Dispose();
        return by;
    }

    private WideResidualBlock[] Pair(string name, Device? device, int inputs, int outputs) =>
        [Add($"{name}.0", new WideResidualBlock(device, inputs, outputs)), Add($"{name}.1", new WideResidualBlock(device, outputs, outputs))];
}
