using BenchmarkDotNet.Attributes;
using Mmrr.Autograd;

namespace Mmrr.Bench;

/// <summary>
/// Differentiable operations that have no benchmark of their kernels: an operation alone, and with its backward pass to all inputs. The work is that of all
/// kernels that they run.
/// </summary>
public class OperationBenchmarks : KernelBenchmark
{
    private Variable[] _constants = [], _parameters = [];
    private Tensor _outputGradient = null!;

    /// <summary>Activations of width 128 at batch 4, a batch of 64 rows of 512, and what a classifier has at its end.</summary>
    public static IEnumerable<OperationSizes> Cases
    {
        get
        {
            int[] images = [4, 32, 32, 128], rows = [4096, 512];
            return
            [
                new("MatrixProduct", v => v[0].MatrixProduct(v[1]), [512, 512], [512, 512]),
                new("MatrixProduct", v => v[0].MatrixProduct(v[1]), [64, 64, 64], [64, 64, 64]),
                new("Linear", v => v[0].Linear(v[1], v[2]), [64, 784], [784, 512], [512]),
                new("ConvTranspose2d 3x3/2", v => v[0].ConvTranspose2d(v[1], v[2], 2, 1), [4, 16, 16, 64], [3, 3, 64, 64], [64]),
                new("Conv2d 5x5/2", v => v[0].Conv2d(v[1], v[2], 2), [4, 32, 32, 64], [5, 5, 64, 64], [64]),
                new("Sum over rows", v => v[0].Sum(-1), rows),
                new("Sum over columns", v => v[0].Sum(0), rows),
                new("Mean", v => v[0].Mean(), images),
                new("BroadcastTo", v => v[0].BroadcastTo(new Shape(images)), [128]),
                new("Add, broadcast", v => v[0].Add(v[1]), images, [128]),
                new("Divide", v => v[0].Divide(v[1]), images, images),
                new("Permute to NCHW", v => v[0].Permute(0, 3, 1, 2), images),
                new("Transpose", v => v[0].Transpose(), rows),
                new("MaxPool 2/2", v => v[0].MaxPool(2, 2), images),
                new("MaxPool 3/2", v => v[0].MaxPool(3, 2), images),
                new("AveragePool 2/2", v => v[0].AveragePool(2, 2), images),
                new("AveragePool", v => v[0].AveragePool(), images),
                new("Softmax", v => v[0].Softmax(), rows),
                new("SoftmaxCrossEntropy", v => v[0].SoftmaxCrossEntropy(v[0].Value), rows),
                new("LayerNorm", v => v[0].LayerNorm(v[1], v[2]), rows, [512], [512]),
                new("Dropout", v => v[0].Dropout(0.5f, 1, 2), images),
            ];
        }
    }

    [ParamsSource(nameof(Cases))]
    public OperationSizes Of { get; set; } = null!;

    [Benchmark(OperationsPerInvoke = Few)]
    public void Forward() => Run(Few, () =>
    {
        using var scope = new DisposeScope();
        Of.Run(_constants);
    });

    [Benchmark(OperationsPerInvoke = Few)]
    public void ForwardAndBackward() => Run(Few, () =>
    {
        using var scope = new DisposeScope();
        Of.Run(_parameters).Backward(_outputGradient);
        foreach (var parameter in _parameters) parameter.ZeroGradient();
    });

    protected override void Prepare()
    {
        Tensor[] inputs = [.. Of.Inputs.Select(sizes => Uniform(sizes, 0.1f))];
        _constants = [.. inputs.Select(input => Own(Variable.Constant(input.Share())))];
        _parameters = [.. inputs.Select(input => Own(Variable.Parameter(input.Share())))];
        Shape output;
        using (new DisposeScope()) output = Of.Run(_constants).Shape;
        _outputGradient = Uniform(output.ToArray());
    }
}

/// <summary>An operation and the shapes of its inputs.</summary>
public sealed class OperationSizes(string name, Func<Variable[], Variable> run, params int[][] inputs)
{
    public Func<Variable[], Variable> Run => run;

    public int[][] Inputs => inputs;

    public override string ToString() => $"{name}, {string.Join(" and ", inputs.Select(sizes => string.Join('x', sizes)))}";
}
