using System.Runtime.InteropServices;
using Mmrr.Kernels;

namespace Mmrr.Autograd;

/// <summary>
/// Compares backward with central differences. Both differentiate the scalar Σ cᵢ·yᵢ of the outputs y with a random cotangent c from (−1, 1), so that
/// an error in any output shows. Where the function has a kink (ReLU), keep the inputs further from it than the step.
/// </summary>
public static class GradientCheck
{
    // Central differences in float64: an error of about h² + 1e-16/h for values of order 1. The tolerance is then that of float32.
    private const double ExactStep = 1e-6;
    private const double ExactAbsolute = 1e-5;
    private const double ExactRelative = 1e-3;

    // 2⁻²³. In float32 the step that balances the two errors h² and ε/h is about the cube root of ε.
    private const double SingleEpsilon = 1.1920929e-7;
    private const double SingleStep = 4.92e-3;
    private const double SingleRelative = 1e-2;

    /// <summary>Checks the gradient of every element of every input, and that a second backward gives the same bits.</summary>
    /// <param name="function">A function of one variable per input, of recorded operations only. It provides its own constants.</param>
    /// <param name="inputs">Shapes and values, row-major. Keep them tiny: the function runs twice for each element.</param>
    /// <param name="device">The device to run it on.</param>
    /// <param name="reference">
    /// The same function in float64, from the inputs' values to the output's, both row-major. With it a gradient may be off by
    /// 1e-5 + 1e-3·|gradient| + 64 float32 roundings of that input's largest gradient (h = 1e-6). Without it the function itself is
    /// differenced in float32, which is coarser: h = 0.005·max(1, |x|), and 1e-2·|gradient| + 8 roundings of Σ|cᵢ·yᵢ| over h +
    /// h² times that input's largest gradient.
    /// </param>
    /// <param name="seed">The seed of the cotangent.</param>
    /// <param name="eps">The step h of the differences in place of those above.</param>
    /// <param name="atol">With <paramref name="rtol"/>, replaces the tolerances above by atol + rtol·|difference|; 0 if only the other is given.</param>
    /// <param name="rtol">See <paramref name="atol"/>.</param>
    /// <returns>A report of the worst element; call <see cref="GradientCheckReport.EnsurePassed"/> on it.</returns>
    /// <exception cref="ArgumentException">The reference and the function differ in the number of output elements, or there are no inputs.</exception>
    /// <exception cref="ArgumentOutOfRangeException">eps is not positive, or a tolerance is negative.</exception>
    public static GradientCheckReport Run(
        Func<IReadOnlyList<Variable>, Variable> function,
        IReadOnlyList<(Shape Shape, float[] Values)> inputs,
        Device device,
        Func<double[][], double[]>? reference = null,
        ulong seed = 1,
        double? eps = null,
        double? atol = null,
        double? rtol = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAll(
            variables => [function(variables)], inputs, device, reference is null ? null : values => [reference(values)], seed, eps, atol, rtol);
    }

    /// <summary>The same for a function with several outputs; the reference gives one array for each.</summary>
    /// <inheritdoc cref="Run"/>
    public static GradientCheckReport RunAll(
        Func<IReadOnlyList<Variable>, IReadOnlyList<Variable>> function,
        IReadOnlyList<(Shape Shape, float[] Values)> inputs,
        Device device,
        Func<double[][], double[][]>? reference = null,
        ulong seed = 1,
        double? eps = null,
        double? atol = null,
        double? rtol = null)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(device);
        if (eps is { } given) ArgumentOutOfRangeException.ThrowIfNegativeOrZero(given, nameof(eps));
        if (atol is { } absolute) ArgumentOutOfRangeException.ThrowIfNegative(absolute, nameof(atol));
        if (rtol is { } relative) ArgumentOutOfRangeException.ThrowIfNegative(relative, nameof(rtol));
        using var scope = new DisposeScope();
        var (gradients, outputs, cotangent) = Analytic(function, inputs, device, seed);
        var again = Analytic(function, inputs, device, seed).Gradients;
        bool deterministic = gradients.Zip(again)
            .All(pair => MemoryMarshal.AsBytes<float>(pair.First).SequenceEqual(MemoryMarshal.AsBytes<float>(pair.Second)));
        double rounding = 8 * SingleEpsilon * outputs.Zip(cotangent, (y, c) => Math.Abs((double)y * c)).Sum();
        double[][] exact = [.. inputs.Select(input => input.Values.Select(value => (double)value).ToArray())];
        float[][] single = [.. inputs.Select(input => (float[])input.Values.Clone())];
        int elements = gradients.Sum(gradient => gradient.Length);
        GradientCheckReport? worst = null;
        for (int i = 0; i < inputs.Count; i++)
        {
            double largest = gradients[i].Max(gradient => Math.Abs((double)gradient));
            for (int k = 0; k < gradients[i].Length; k++)
            {
                double numeric, tolerance;
                if (reference is not null)
                {
                    numeric = Difference(exact, i, k, eps ?? ExactStep, values => Dot(reference(values).SelectMany(output => output).ToArray(), cotangent));
                    tolerance = ExactAbsolute + (ExactRelative * Math.Abs(numeric)) + (64 * SingleEpsilon * largest);
                }
                else
                {
                    double step = eps ?? (SingleStep * Math.Max(1, Math.Abs(single[i][k])));
                    numeric = SingleDifference(single, i, k, step, values => Dot(Evaluate(function, inputs, values, device), cotangent));
                    tolerance = (SingleRelative * Math.Abs(numeric)) + (rounding / step) + (step * step * largest);
                }
                if (atol is not null || rtol is not null) tolerance = (atol ?? 0) + ((rtol ?? 0) * Math.Abs(numeric));
                var found = new GradientCheckReport(
                    elements, i, k, gradients[i][k], numeric, tolerance, seed, device.Name, reference is not null, deterministic);
                if (worst is null || Badness(found) > Badness(worst)) worst = found;
            }
        }
        return worst ?? throw new ArgumentException("gradient check: there are no inputs");
    }

    /// <summary>The gradient of each input from backward, the outputs' values and the cotangent, each output after the other.</summary>
    private static (float[][] Gradients, float[] Outputs, float[] Cotangent) Analytic(
        Func<IReadOnlyList<Variable>, IReadOnlyList<Variable>> function, IReadOnlyList<(Shape Shape, float[] Values)> inputs, Device device, ulong seed)
    {
        Variable[] variables = [.. inputs.Select(input => Variable.Parameter(Tensor.From(device, input.Shape, input.Values)))];
        var outputs = function(variables);
        float[] values = [.. outputs.SelectMany(output => output.Value.ToArray())];
        Tensor[] cotangents = [.. outputs.Select((output, i) => Cotangent(device, output.Shape, seed, (ulong)i))];
        using (var dot = new DotOperation(outputs, cotangents).Run()) dot.Backward();
        // An input that the output does not depend on has no gradient; the differences must be 0 as well.
        float[][] gradients = [.. variables.Select(variable => variable.Gradient?.ToArray() ?? new float[variable.Shape.Count])];
        foreach (var variable in variables.Concat(outputs)) variable.Dispose();
        return (gradients, values, [.. cotangents.SelectMany(cotangent => cotangent.ToArray())]);
    }

    private static Tensor Cotangent(Device device, Shape shape, ulong seed, ulong stream)
    {
        var cotangent = Tensor.Empty(device, shape);
        PhiloxUniform.Fill(seed, stream, -1f, 1f, cotangent.Count, cotangent);
        return cotangent;
    }

    private static float[] Evaluate(
        Func<IReadOnlyList<Variable>, IReadOnlyList<Variable>> function, IReadOnlyList<(Shape Shape, float[] Values)> inputs, float[][] values, Device device)
    {
        using var scope = new DisposeScope();
        using var noGradient = new NoGradient();
        var outputs = function([.. inputs.Select((input, i) => Variable.Constant(Tensor.From(device, input.Shape, values[i])))]);
        return [.. outputs.SelectMany(output => output.Value.ToArray())];
    }

    private static double Difference(double[][] values, int input, int element, double step, Func<double[][], double> function)
    {
        double x = values[input][element];
        values[input][element] = x + step;
        double above = function(values);
        values[input][element] = x - step;
        double below = function(values);
        values[input][element] = x;
        return (above - below) / (2 * step);
    }

    /// <summary>Like <see cref="Difference"/>, divided by the actual distance of the two points in float32.</summary>
    private static double SingleDifference(float[][] values, int input, int element, double step, Func<float[][], double> function)
    {
        float x = values[input][element];
        float right = (float)(x + step), left = (float)(x - step);
        values[input][element] = right;
        double above = function(values);
        values[input][element] = left;
        double below = function(values);
        values[input][element] = x;
        return (above - below) / ((double)right - left);
    }

    private static double Dot<T>(T[] outputs, float[] cotangent)
        where T : struct, IConvertible
    {
        if (outputs.Length != cotangent.Length)
        {
            throw new ArgumentException($"gradient check: the reference gives {outputs.Length} elements, the function {cotangent.Length}");
        }
        return outputs.Zip(cotangent, (y, c) => y.ToDouble(null) * c).Sum();
    }

    /// <summary>The error as a multiple of the tolerance; infinite if anything is NaN.</summary>
    private static double Badness(GradientCheckReport report) =>
        double.IsNaN(report.Error / report.Tolerance) ? double.PositiveInfinity : report.Error / report.Tolerance;

    /// <summary>Σ cᵢ·yᵢ over several outputs, of which only the gradients, the cotangents c, are needed: a single backward runs through all.</summary>
    private sealed class DotOperation(IReadOnlyList<Variable> outputs, Tensor[] cotangents) : Operation([.. outputs])
    {
        public override string Name => "GradientCheck";

        protected override Tensor Forward()
        {
            var zero = Tensor.Empty(outputs[0].Device, new Shape());
            Elementwise.Fill(0, zero);
            return zero;
        }

        protected override void Backward(Tensor outputGradient)
        {
            for (int i = 0; i < cotangents.Length; i++) Propagate(outputs[i], cotangents[i]);
        }
    }
}
