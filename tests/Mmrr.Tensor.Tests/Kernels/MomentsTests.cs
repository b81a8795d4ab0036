using Mmrr.Kernels;

namespace Mmrr.Tests;

[Trait("Category", "Operation")]
public class MomentsTests(TestDevices devices)
{
    private const double LearningRate = 1e-2, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;

    // Values; step.
    public static TheoryData<string, int[]> Sizes =>
        TestDevices.Rows([[1, 1], [3, 5], [130, 6], [45, 2000]], [[4097, 1], [4097, 7], [100000, 40]]);

    [Fact]
    public void Rectification_starts_at_the_sixth_step()
    {
        Assert.All(Enumerable.Range(1, 5), t => Assert.Equal(0, RAdamReference.Rectification(t, Beta2)));
        Assert.Equal(0.02582, RAdamReference.Rectification(6, Beta2), 0.000005);
        foreach (long t in new long[] { 1, 2, 5, 6, 7, 100, 1_000_000_000 })
        {
            var step = MomentStep.RAdam(t, LearningRate, Beta1, Beta2, Epsilon);
            double rectification = RAdamReference.Rectification(t, Beta2), size = LearningRate / (1 - Math.Pow(Beta1, t));
            // Five float32 roundings: the rate, both corrections, the rectification, the product.
            double expected = rectification == 0 ? size : size * rectification * Math.Sqrt(1 - Math.Pow(Beta2, t));
            Assert.Equal(expected, step.Size, expected * 5 * ErrorBound.U);
            Assert.Equal((rectification == 0 ? 0 : 1, 1f, (float)Epsilon), (step.Divides, step.Keep, step.Epsilon));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Update_is_within_its_rounding_errors(string device, int[] sizes)
    {
        var random = new RandomInputs();
        var shape = new Shape(sizes[0]);
        HostTensor parameter = random.Uniform(shape), gradient = random.Uniform(shape), first = random.Uniform(shape), second = random.Uniform(shape, 0, 1);
        var step = MomentStep.RAdam(sizes[1], LearningRate, Beta1, Beta2, Epsilon);

        // The reference takes the step's own float32 numbers, so that only the update's roundings remain; but 1 − β is that of the β that
        // was meant: a float32 β2 would be wrong by 1.3e-5 of it. The magnitudes allow for m + (1 − β)(g − m).
        double[] newFirst = [.. first.Doubles.Zip(gradient.Doubles, (m, g) => (Beta1 * m) + ((1 - Beta1) * g))];
        double[] newSecond = [.. second.Doubles.Zip(gradient.Doubles, (v, g) => (Beta2 * v) + ((1 - Beta2) * g * g))];
        double[] firstMagnitude = [.. first.Doubles.Zip(gradient.Doubles, (m, g) => Math.Abs(m) + ((1 - Beta1) * (Math.Abs(m) + Math.Abs(g))))];
        double[] secondMagnitude = [.. second.Doubles.Zip(gradient.Doubles, (v, g) => v + ((1 - Beta2) * (v + (g * g))))];
        double Change(double m, int i) => step.Divides == 0 ? step.Size * m : step.Size * m / (Math.Sqrt(newSecond[i]) + step.Epsilon);

        float[][] UpdateOn(Device on)
        {
            using var updated = new Updated(on, parameter, gradient, first, second);
            return updated.Update(step);
        }

        float[][] actual = UpdateOn(devices.Get(device));
        Assert.Equal(actual, UpdateOn(devices.Get(device)));
        if (device == "cpu") Assert.Equal(actual, UpdateOn(devices.Get(device, 1)));
        ErrorBound.Sum(newFirst, firstMagnitude, 2).Check(actual[1], "first moment");
        ErrorBound.Sum(newSecond, secondMagnitude, 2).Check(actual[2], "second moment");
        // A dozen roundings in the change (quotients and roots on a GPU may have 2 ulp each), one when it is subtracted.
        new ErrorBound(
            [.. parameter.Doubles.Select((p, i) => p - Change(newFirst[i], i))],
            i => ErrorBound.U * (Math.Abs(parameter.Doubles[i]) + (20 * Change(firstMagnitude[i], i)))).Check(actual[0], "parameter");
    }

    // More than one piece, tails, and memory that moves between two steps.
    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Many_parameters_at_once_are_updated_as_one_by_one(string device)
    {
        var random = new RandomInputs();
        var on = devices.Get(device);
        int[] counts = [3, (16 * 1024) + 5, 64, 1];
        var inputs = counts.Select(count => Enumerable.Range(0, 4).Select(i => random.Uniform(new Shape(count), i == 3 ? 0 : -1)).ToArray()).ToArray();
        using var scope = new DisposeScope();
        var together = inputs.Select(state => Array.ConvertAll(state, values => values.On(on))).ToArray();
        for (int t = 5; t <= 7; t++)
        {
            var step = MomentStep.RAdam(t, LearningRate, Beta1, Beta2, Epsilon);
            Moments.Update([.. together.Select(state => (state[0], state[1], state[2], state[3]))], step);
            foreach (var state in together)
            {
                var moved = state[1].ToArray();
                state[1] = Tensor.From(on, state[1].Shape, moved);
            }
        }
        for (int k = 0; k < counts.Length; k++)
        {
            var alone = Array.ConvertAll(inputs[k], values => values.On(on));
            for (int t = 5; t <= 7; t++) Moments.Update(alone[0], alone[1], alone[2], alone[3], MomentStep.RAdam(t, LearningRate, Beta1, Beta2, Epsilon));
            for (int i = 0; i < 4; i++) Assert.Equal(alone[i].ToArray(), together[k][i].ToArray());
            Assert.NotEqual(inputs[k][0].Values, alone[0].ToArray());
        }
    }

    // A few are compared in pairs, many by a set.
    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public void Parameters_that_share_buffers_are_refused_and_shared_gradients_are_not(int count)
    {
        var on = devices.Get("cpu");
        var step = MomentStep.RAdam(1, LearningRate, Beta1, Beta2, Epsilon);
        using var scope = new DisposeScope();
        Tensor Zero() => Tensor.From(on, new Shape(3), new float[3]);
        var states = Enumerable.Range(0, count).Select(_ => (Parameter: Zero(), Gradient: Zero(), First: Zero(), Second: Zero())).ToArray();
        var (first, last) = (states[0], states[^1]);
        Moments.Update(states, step);
        states[^1].Gradient = first.Gradient.Share();
        Moments.Update(states, step);
        states[^1] = last with { Parameter = first.Parameter };
        Refused();
        states[^1] = last with { Second = first.First.Share() };
        Refused();
        states[^1] = last with { Gradient = first.Parameter.Share() };
        Refused();
        states[^1] = last with { First = last.Second };
        Refused();

        void Refused()
        {
            string message = Assert.Throws<ArgumentException>(() => Moments.Update(states, step)).Message;
            Assert.StartsWith("Moments.Update: ", message, StringComparison.Ordinal);
            Assert.Contains("shares", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(TestDevices.Every), MemberType = typeof(TestDevices))]
    public void Twenty_steps_follow_PyTorchs_algorithm(string device)
    {
        var random = new RandomInputs();
        var shape = new Shape(37);
        var start = random.Uniform(shape);
        var zero = HostTensor.Constant(shape, 0);
        var reference = new RAdamReference([.. start.Doubles], LearningRate, Beta1, Beta2, Epsilon);
        float[][] values = [];
        using var updated = new Updated(devices.Get(device), start, zero, zero, zero);
        for (int t = 1; t <= 20; t++)
        {
            var gradient = random.Uniform(shape);
            reference.Update(gradient.Doubles);
            updated.Gradient.CopyFrom(gradient.Values);
            values = updated.Update(MomentStep.RAdam(t, LearningRate, Beta1, Beta2, Epsilon));
        }
        // Gradients are at most 1, so that a step is at most 10·lr. In twenty steps a moment gathers sixty roundings, a step adds twenty.
        new ErrorBound(reference.Parameter, _ => 20 * ErrorBound.U * (1 + (10 * LearningRate * 80))).Check(values[0], "parameter");
    }

    /// <summary>The four tensors of an update on a device.</summary>
    private sealed class Updated(Device device, HostTensor parameter, HostTensor gradient, HostTensor first, HostTensor second) : IDisposable
    {
        private readonly Tensor _parameter = parameter.On(device), _first = first.On(device), _second = second.On(device);

        public Tensor Gradient { get; } = gradient.On(device);

        public float[][] Update(MomentStep step)
        {
            Moments.Update(_parameter, Gradient, _first, _second, step);
            return [_parameter.ToArray(), _first.ToArray(), _second.ToArray()];
        }

        public void Dispose()
        {
            foreach (var tensor in new[] { _parameter, Gradient, _first, _second }) tensor.Dispose();
        }
    }
}
