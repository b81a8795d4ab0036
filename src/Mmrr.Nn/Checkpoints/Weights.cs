namespace Mmrr.Nn.Checkpoints;

/// <summary>The parameters of a module as tensors of a safetensors file, with PyTorch's names and layouts: convolutions [out, in, K, K].</summary>
internal static class Weights
{
    /// <summary>Copies the values to the host.</summary>
    public static IEnumerable<(string Name, int[] Shape, float[] Values)> Of(Module module, string prefix)
    {
        foreach (var (name, variable) in module.Parameters())
        {
            float[] values = variable.Value.ToArray();
            yield return ($"{prefix}{name}", FileShape(variable.Shape), variable.Shape.Rank == 4 ? Transposed(values, variable.Shape) : values);
        }
    }

    /// <summary>Compares names and shapes with the model's before anything is allocated.</summary>
    public static void Compare(SafeTensorsFile file, string path, IEnumerable<(string Name, Shape Shape)> parameters)
    {
        var expected = parameters.ToDictionary(p => p.Name, p => FileShape(p.Shape));
        foreach (var entry in file.Entries)
        {
            if (!expected.TryGetValue(entry.Name, out int[]? shape))
                throw new InvalidDataException($"{path}: it has a tensor '{entry.Name}', which the model does not have");
            if (!entry.Shape.SequenceEqual(shape))
                throw new InvalidDataException(
                    $"{path}: '{entry.Name}' has the shape [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", shape)}]");
        }
        var present = file.Entries.Select(e => e.Name).ToHashSet();
        if (expected.Keys.FirstOrDefault(name => !present.Contains(name)) is { } missing)
            throw new InvalidDataException($"{path}: the tensor '{missing}' is missing");
    }

    /// <summary>Sets a parameter to the values of a file.</summary>
    public static void Put(Tensor tensor, float[] values)
    {
        if (tensor.Shape.Rank != 4)
        {
            tensor.CopyFrom(values);
            return;
        }
        int taps = tensor.Shape[0] * tensor.Shape[1], inputs = tensor.Shape[2], outputs = tensor.Shape[3];
        var stored = new float[values.Length];
        for (int o = 0; o < outputs; o++)
        {
            for (int c = 0; c < inputs; c++)
            {
                for (int t = 0; t < taps; t++) stored[(((t * inputs) + c) * outputs) + o] = values[(((o * inputs) + c) * taps) + t];
            }
        }
        tensor.CopyFrom(stored);
    }

    /// <summary>Converts [K, K, in, out] to [out, in, K, K].</summary>
    private static float[] Transposed(float[] values, Shape shape)
    {
        int taps = shape[0] * shape[1], inputs = shape[2], outputs = shape[3];
        var file = new float[values.Length];
        for (int t = 0; t < taps; t++)
        {
            for (int c = 0; c < inputs; c++)
            {
                for (int o = 0; o < outputs; o++) file[(((o * inputs) + c) * taps) + t] = values[(((t * inputs) + c) * outputs) + o];
            }
        }
        return file;
    }

    /// <summary>The shape of a parameter in a file.</summary>
    public static int[] FileShape(Shape shape) => shape.Rank == 4 ? [shape[3], shape[2], shape[0], shape[1]] : shape.ToArray();
}
