using System.Text;
using Mmrr.Kernels;

namespace Mmrr.Nn;

/// <summary>PyTorch's default initial values, drawn with Philox so that all devices draw the same values.</summary>
public static class Initialization
{
    /// <summary>
    /// Convolutions and linear layers: weights and biases uniform in ±1/√(inputs·K²) (Kaiming-uniform with a = √5), transposed convolutions too, where
    /// PyTorch takes the outputs for the inputs. Norms: weights 1, biases 0. Each parameter draws from its own stream, chosen by its name: a network's values
    /// do not depend on what else is created.
    /// </summary>
    /// <param name="module">The network.</param>
    /// <param name="prefix">The network's name in a checkpoint, for example <c>f_e</c>.</param>
    /// <param name="seed">The seed.</param>
    public static void Initialize(Module module, string prefix, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(module);
        int fan = 1;
        foreach (var (name, variable, given) in module.ParametersWithFans())
        {
            var value = variable.Value;
            bool norm = name.Contains("norm", StringComparison.Ordinal);
            if (norm)
            {
                Elementwise.Fill(name.EndsWith(".weight", StringComparison.Ordinal) ? 1 : 0, value);
                continue;
            }
            // A weight's; its bias comes next.
            if (given is { } known) fan = known;
            else if (value.Shape.Rank == 2) fan = value.Shape[0];
            else if (value.Shape.Rank == 4) fan = value.Shape[0] * value.Shape[1] * value.Shape[2];
            float bound = 1 / MathF.Sqrt(fan);
            PhiloxUniform.Fill(seed, Stream($"{prefix}.{name}"), -bound, bound, value.Count, value);
        }
    }

    /// <summary>The stream number of a name: 64-bit FNV-1a.</summary>
    internal static ulong Stream(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 1099511628211;
        return hash;
    }
}
