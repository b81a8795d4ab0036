using Mmrr.Kernels;
using Mmrr.Ptx;

namespace Mmrr.Tests.Machine;

/// <summary>The comparison of a card with the software card, with software cards for both.</summary>
[Collection(TestDevices.Beside)]
public class OperationComparisonTests
{
    [Fact]
    public void Equal_cards_agree_and_a_difference_stays_with_its_operation()
    {
        using Device card = Device.Open("ptx:90"), software = Device.Open("ptx:80");
        var same = OperationComparison.Run(card, software, device => Work(device, 1f));
        Assert.All(same, one => Assert.Equal((one.Calls * 64L, one.Values, 0.0), (one.Values, one.SameBits, one.LargestDifference)));
        Assert.Equal(3, same.Count);

        // A card that scales wrongly: what follows starts from the card's values and agrees.
        var wrong = OperationComparison.Run(card, software, device => Work(device, device == card ? 1.25f : 1f)).ToDictionary(one => one.Operation);
        Assert.Equal(0.2, wrong["Elementwise.Scale"].LargestDifference, 1e-6);
        Assert.All(wrong.Values.Where(one => one.Operation != "Elementwise.Scale"), one => Assert.Equal(one.Values, one.SameBits));
    }

    [Fact]
    public void Other_operations_are_named()
    {
        using Device card = Device.Open("ptx:90"), software = Device.Open("ptx:80"), cpu = Device.Open("cpu");
        Assert.Contains(
            "ran no more operations",
            Assert.Throws<InvalidOperationException>(() => OperationComparison.Run(card, software, device => Work(device, 1f, device == card ? 1 : 2))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "operations more than ptx:80",
            Assert.Throws<InvalidOperationException>(() => OperationComparison.Run(card, software, device => Work(device, 1f, device == card ? 2 : 1))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => OperationComparison.Run(card, cpu, device => Work(device, 1f)));
    }

    private static void Work(Device device, float factor, int rounds = 1)
    {
        using var scope = new DisposeScope();
        var x = Tensor.From(device, new Shape(64), [.. Enumerable.Range(0, 64).Select(i => (float)i)]);
        for (int round = 0; round < rounds; round++)
        {
            Tensor y = Tensor.Empty(device, x.Shape), z = Tensor.Empty(device, x.Shape), sum = Tensor.Empty(device, x.Shape);
            Elementwise.Scale(x, factor, y);
            Elementwise.Forward(y, z, default(Relu));
            Elementwise.Add(y, z, sum);
        }
    }
}
