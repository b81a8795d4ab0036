using Mmrr.Autograd;
using Mmrr.Nn.Optimizers;
using Mmrr.Nn.Tests.Support;
using Xunit;

namespace Mmrr.Nn.Tests.Optimizers;

public class RAdamTests
{
    private const int Count = 37;
    private const int Steps = 12;

    [Theory]
    [InlineData("cpu", 0.999)]
    [InlineData("cpu", 0.99)]
    [InlineData("simt", 0.999)]
    [InlineData("ptx", 0.999)]
    public void TwelveStepsFollowTheRecurrence(string name, double beta2)
    {
        const double LearningRate = 0.02, Beta1 = 0.9, Epsilon = 1e-8;
        using var device = Small.Open(name);
        var random = new Random(1);
        float[] Draw() => [.. Enumerable.Range(0, Count).Select(_ => (float)((2 * random.NextDouble()) - 1))];
        float[] start = Draw();
        using var parameter = Variable.Parameter(Tensor.From(device, new Shape(Count), start));
        using var optimizer = new RAdam([parameter], beta2: beta2);
        double[] theta = [.. start.Select(v => (double)v)], first = new double[Count], second = new double[Count], error = new double[Count];
        double largest = 0, limit = (2 / (1 - beta2)) - 1;
        bool rectified = false;
        for (int t = 1; t <= Steps; t++)
        {
            // Gradients that change sign and size, so that the first moment cancels: some e-4, some 1.
            float[] gradient = Draw().Select((g, i) => i % 3 == 0 ? g * 1e-4f : g).ToArray();
            SetGradient(parameter, gradient);
            optimizer.Step(LearningRate);
            Assert.Null(parameter.Gradient);
            Assert.Equal(t, optimizer.Steps);

            double power = Math.Pow(beta2, t), rho = limit - (2 * t * power / (1 - power));
            rectified = rho > 5;
            double r = rectified ? Math.Sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho)) : 0;
            largest = Math.Max(largest, gradient.Max(Math.Abs));
            float[] found = parameter.Value.ToArray();
            for (int i = 0; i < Count; i++)
            {
                first[i] = (Beta1 * first[i]) + ((1 - Beta1) * gradient[i]);
                second[i] = (beta2 * second[i]) + ((1 - beta2) * gradient[i] * gradient[i]);
                double size = LearningRate / (1 - Math.Pow(Beta1, t));
                if (rectified) size *= r * Math.Sqrt(1 - power) / (Math.Sqrt(second[i]) + Epsilon);
                theta[i] -= size * first[i];
                // Three roundings of at most |g| a step in m; four relative ones a step in v, halved by the root; ten in the step and its
                // factors; one in the parameter.
                double bigger = i % 3 == 0 ? 1e-4 : largest;
                error[i] += Rounding.U * ((3 * t * size * bigger) + (((2 * t) + 10) * Math.Abs(size * first[i])) + Math.Abs(theta[i]));
                Assert.InRange(Math.Abs(found[i] - theta[i]), 0, error[i]);
            }
        }
        Assert.True(rectified);
    }

    [Fact]
    public void AParameterWithoutAGradientStaysAsItIs()
    {
        using var device = Small.Open("cpu");
        using var used = Variable.Parameter(Tensor.From(device, new Shape(2), [1, 2]));
        using var unused = Variable.Parameter(Tensor.From(device, new Shape(2), [3, 4]));
        using var optimizer = new RAdam([used, unused]);
        SetGradient(used, [1, -1]);
        optimizer.Step(0.1);
        Assert.Equal([0.9f, 2.1f], used.Value.ToArray());
        Assert.Equal([3f, 4f], unused.Value.ToArray());
    }

    [Fact]
    public void ItOwnsTwoTensorsAParameterAndGivesThemBack()
    {
        using var device = Small.Open("cpu");
        using var parameter = Variable.Parameter(Tensor.From(device, new Shape(2), [1, 2]));
        using (new DisposeScope())
        {
            var optimizer = new RAdam([parameter]);
            Assert.Equal(3, device.LiveTensors);
            optimizer.Dispose();
        }
        Assert.Equal(1, device.LiveTensors);
    }

    [Fact]
    public void AnOptimizerGoesOnWhereAnotherStopped()
    {
        using var device = Small.Open("cpu");
        float[] start = [.. Enumerable.Range(0, Count).Select(i => 0.1f * i)];
        using var whole = Variable.Parameter(Tensor.From(device, new Shape(Count), start));
        using var unbroken = new RAdam([whole]);
        Take(unbroken, whole, 0, Steps);
        using var part = Variable.Parameter(Tensor.From(device, new Shape(Count), start));
        using var first = new RAdam([part]);
        Take(first, part, 0, 5);
        using var second = new RAdam([part]);
        second.Restore(first.Steps, first.State());
        Take(second, part, 5, Steps);
        Assert.Equal(Steps, second.Steps);
        Assert.Equal(whole.Value.ToArray(), part.Value.ToArray());
        Assert.Throws<ArgumentException>(() => second.Restore(1, []));
        Assert.Throws<ArgumentException>(() => second.Restore(1, [(new float[Count], new float[Count - 1])]));

        static void Take(RAdam optimizer, Variable parameter, int begin, int end)
        {
            for (int t = begin; t < end; t++)
            {
                var random = new Random(t);
                SetGradient(parameter, [.. Enumerable.Range(0, Count).Select(_ => random.NextSingle() - 0.5f)]);
                optimizer.Step(0.02);
            }
        }
    }

    private static void SetGradient(Variable parameter, float[] gradient)
    {
        using var scaled = parameter.Scale(1);
        using var given = Tensor.From(parameter.Device, parameter.Shape, gradient);
        scaled.Backward(given);
    }
}
