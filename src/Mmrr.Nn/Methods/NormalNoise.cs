namespace Mmrr.Nn;

/// <summary>Normal noise from Philox's uniform numbers, by Box and Muller's transform on the host.</summary>
internal static class NormalNoise
{
    /// <summary>Draws from N(0, 1).</summary>
    /// <param name="device">The device of the result.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="noise">The source; the same numbers for the same source.</param>
    public static Tensor Draw(Device device, Shape shape, in NoiseSource noise)
    {
        var values = new float[shape.Count];
        for (int i = 0; i < values.Length; i += 2)
        {
            // 1 − u is above 0.
            double radius = Math.Sqrt(-2 * Math.Log(1 - (double)Philox.Uniform(noise.Seed, noise.Stream, (ulong)i)));
            double angle = 2 * Math.PI * Philox.Uniform(noise.Seed, noise.Stream, (ulong)i + 1);
            values[i] = (float)(radius * Math.Cos(angle));
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * Math.Sin(angle));
        }
        return Tensor.From(device, shape, values);
    }
}
