namespace Mmrr.Nn.Tests.Support;

/// <summary>A U-Net's parameters as the checkpoint format names them, written down from the format's description and not from the layers.</summary>
internal static class ParameterList
{
    /// <summary>Names and shapes in a file, in order.</summary>
    public static List<(string Name, int[] Shape)> Of(string prefix, int inputs, int outputs, int width, int resolutions)
    {
        var list = new List<(string, int[])>();
        void Conv(string name, int from, int to, int kernel = 3)
        {
            list.Add(($"{prefix}.{name}.weight", [to, from, kernel, kernel]));
            list.Add(($"{prefix}.{name}.bias", [to]));
        }
        void Norm(string name, int channels)
        {
            list.Add(($"{prefix}.{name}.weight", [channels]));
            list.Add(($"{prefix}.{name}.bias", [channels]));
        }
        void Block(string name, int from)
        {
            Norm($"{name}.norm1", from);
            Conv($"{name}.conv1", from, width);
            Norm($"{name}.norm2", width);
            Conv($"{name}.conv2", width, width);
            if (from != width) Conv($"{name}.shortcut", from, width, 1);
        }
        Conv("stem", inputs, width);
        for (int r = 0; r < resolutions; r++)
        {
            for (int i = 0; i < 2; i++) Block($"down.{r}.{i}", width);
        }
        for (int r = 0; r < resolutions - 1; r++) Conv($"shrink.{r}", width, width);
        for (int r = 0; r < resolutions - 1; r++) Conv($"grow.{r}", width, width);
        for (int r = 0; r < resolutions - 1; r++)
        {
            Block($"up.{r}.0", 2 * width);
            Block($"up.{r}.1", width);
        }
        Norm("norm", width);
        Conv("head", width, outputs);
        return list;
    }

    /// <summary>A file's content for those parameters: small random numbers, norms near 1 and 0, so that no activation dies out.</summary>
    public static IReadOnlyList<(string Name, int[] Shape, float[] Values)> Random(IEnumerable<(string Name, int[] Shape)> parameters, int seed)
    {
        var random = new Random(seed);
        return [.. parameters.Select(p =>
        {
            int count = p.Shape.Aggregate(1, (a, b) => a * b);
            double scale = p.Shape.Length == 4 ? 1 / Math.Sqrt(count / p.Shape[0]) : 0.2;
            double middle = p.Name.Contains("norm", StringComparison.Ordinal) && p.Name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0;
            return (p.Name, p.Shape, Enumerable.Range(0, count).Select(_ => (float)(middle + (scale * ((2 * random.NextDouble()) - 1)))).ToArray());
        })];
    }
}
