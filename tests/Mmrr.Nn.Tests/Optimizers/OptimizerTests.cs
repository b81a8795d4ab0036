using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Optimizers;

/// <summary>Adam, AdamW and descent with momentum against PyTorch's documented algorithms in float64.</summary>
public class OptimizerTests
{
    private const int Count = 37;
    private const int Steps = 12;
    private const double LearningRate = 0.02;

    /// <summary>One step t of one value: its gradient, its two states and itself to the change of itself.</summary>
    private delegate double Recurrence(int t, double gradient, ref double first, ref double second, double theta);

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    [InlineData("ptx")]
    public void AdamFollowsItsRecurrence(string device) => Follows(device, parameters => new Adam(parameters), Adam(0));

    [Theory]
    [InlineData("cpu")]
    [InlineData("simt")]
    [InlineData("ptx")]
    public void AdamWFollowsItsRecurrence(string device) => Follows(device, parameters => new AdamW(parameters, weightDecay: 0.1), Adam(0.1));

    [Theory]
    [InlineData("cpu", 0.9)]
    [InlineData("simt", 0.9)]
    [InlineData("ptx", 0.9)]
    [InlineData("cpu", 0.0)]
    public void SgdFollowsItsRecurrence(string device, double momentum) => Follows(
        device, parameters => new Sgd(parameters, momentum),
        (int t, double g, ref double first, ref double second, double theta) => LearningRate * (first = (momentum * first) + g));

    [Fact]
    public void MomentaThatAreNoneAreRefused()
    {
        using var device = Small.Open("cpu");
        using var parameter = Variable.Parameter(Tensor.From(device, new Shape(1), [1f]));
        foreach (Func<Optimizer> create in new Func<Optimizer>[]
        {
            () => new Sgd([parameter], 1), () => new Adam([parameter], beta1: -0.1), () => new AdamW([parameter], beta2: 1),
            () => new AdamW([parameter], weightDecay: -1),
        })
        {
            using var optimizer = create();
            Assert.Throws<ArgumentOutOfRangeException>(() => optimizer.Step(0.1));
        }
    }

    private static Recurrence Adam(double decay) => (int t, double g, ref double first, ref double second, double theta) =>
    {
        const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
        first = (Beta1 * first) + ((1 - Beta1) * g);
        second = (Beta2 * second) + ((1 - Beta2) * g * g);
        double mean = first / (1 - Math.Pow(Beta1, t)), square = second / (1 - Math.Pow(Beta2, t));
        return (LearningRate * decay * theta) + (LearningRate * mean / (Math.Sqrt(square) + Epsilon));
    };

    private static void Follows(string name, Func<IEnumerable<Variable>, Optimizer> create, Recurrence recurrence)
    {
        using var device = Small.Open(name);
        var random = new Random(1);
        float[] Draw() => [.. Enumerable.Range(0, Count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        float[] start = Draw();
        using var parameter = Variable.Parameter(Tensor.From(device, new Shape(Count), start));
        using var optimizer = create([parameter]);
        double[] theta = [.. start.Select(v => (double)v)], first = new double[Count], second = new double[Count];
        double change = 0;
        for (int t = 1; t <= Steps; t++)
        {
            float[] gradient = Draw();
            using (var output = parameter.Scale(1)) output.Backward(Tensor.From(device, new Shape(Count), gradient));
            optimizer.Step(LearningRate);
            for (int i = 0; i < Count; i++)
            {
                double step = recurrence(t, gradient[i], ref first[i], ref second[i], theta[i]);
                theta[i] -= step;
                change = Math.Max(change, Math.Abs(step));
            }
        }
        // A moment gathers three roundings a step of at most the largest gradient, 1; a step adds ten of the largest change; the parameter, below 4, one each.
        double bound = Rounding.U * Steps * ((10 * change) + (3 * Steps * change) + 4);
        float[] found = parameter.Value.ToArray();
        for (int i = 0; i < Count; i++) Assert.InRange(Math.Abs(found[i] - theta[i]), 0, bound);
        Assert.NotEqual(start, found);
    }
}
