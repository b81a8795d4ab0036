using Mmrr.Autograd;
using Xunit;

namespace Mmrr.Tests;

/// <summary>What <see cref="OperationCase"/> does not show of dropout.</summary>
public sealed class DropoutTests
{
    [Fact]
    public void ProbabilityZeroGivesTheInputItself()
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(3), 1));
        Assert.Same(x, x.Dropout(0, 1, 2));
    }

    [Theory]
    [InlineData(1f)]
    [InlineData(-0.1f)]
    [InlineData(float.NaN)]
    public void AProbabilityOutOfRangeIsRefused(float probability)
    {
        using var device = TestDevices.Open("cpu");
        using var x = Variable.Parameter(TestDevices.Tensor(device, new Shape(3), 1));
        Assert.StartsWith("Dropout: probability is ", Assert.Throws<ArgumentException>(() => x.Dropout(probability, 1, 2)).Message, StringComparison.Ordinal);
    }
}
