namespace Mmrr.Tests;

/// <summary>Values of a tensor on the host: what a test gives to a device and, in float64, to the reference.</summary>
internal sealed record HostTensor(Shape Shape, float[] Values)
{
    public double[] Doubles { get; } = Array.ConvertAll(Values, value => (double)value);

    public static HostTensor Constant(Shape shape, float value)
    {
        float[] values = new float[shape.Count];
        Array.Fill(values, value);
        return new HostTensor(shape, values);
    }

    public Tensor On(Device device) => Tensor.From(device, Shape, Values);

    /// <summary>The same values with some of them set to zero.</summary>
    public HostTensor ZeroWhere(Func<int, bool> zero) => new(Shape, [.. Values.Select((value, i) => zero(i) ? 0 : value)]);
}
