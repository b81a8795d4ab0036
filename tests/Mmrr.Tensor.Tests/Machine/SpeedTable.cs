using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mmrr.Kernels;

namespace Mmrr.Tests.Machine;

/// <summary>How fast the device <c>ptx</c> is beside ILGPU's simulator with the kernels' real groups: for <c>scripts/ptx-speed</c>.</summary>
public class SpeedTable(TestDevices devices)
{
    private const string TableVariable = "MMRR_SPEED_TABLE";
    private const int Side = 16;
    private const int Channels = 64;
    private const int Groups = 16;
    private const int Rounds = 12;

    [Fact]
    public void Kernels_take_less_time_than_on_the_simulator()
    {
        string? file = Environment.GetEnvironmentVariable(TableVariable);
        Assert.SkipWhen(file is null, "scripts/ptx-speed asks this");
        string[] names = ["ptx", "ptx,unchecked", "simt:256"];
        using var uncheckedDevice = Device.Open(names[1]);
        using var scope = new DisposeScope();
        Device[] open = [devices.Get(names[0]), uncheckedDevice, devices.Get(names[2])];
        var cases = open.Select(Cases).ToArray();
        var times = cases[0].Select(_ => names.Select(_ => double.PositiveInfinity).ToArray()).ToArray();
        // In turns, so that what else the machine does slows all of them.
        for (int round = 0; round < Rounds; round++)
        {
            for (int n = 0; n < names.Length; n++)
            {
                for (int k = 0; k < times.Length; k++)
                {
                    long begin = Stopwatch.GetTimestamp();
                    cases[n][k].Run();
                    open[n].Synchronize();
                    times[k][n] = Math.Min(times[k][n], Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                }
            }
        }
        var text = new StringBuilder("| operation | `ptx`, ms | `ptx,unchecked`, ms | simulator, ms | simulator / `ptx` |\n|---|---|---|---|---|\n");
        foreach (var (row, (what, _)) in times.Zip(cases[0]))
            text.Append(CultureInfo.InvariantCulture, $"| {what} | {row[0]:F1} | {row[1]:F1} | {row[2]:F0} | {row[2] / row[0]:F0} |\n");
        File.WriteAllText(file, text.ToString());
    }

    private static (string What, Action Run)[] Cases(Device device)
    {
        var random = new RandomInputs();
        var image = new Shape(1, Side, Side, Channels);
        Tensor x = random.Uniform(image).On(device), y = random.Uniform(image).On(device), z = random.Uniform(image).On(device);
        Tensor weight = random.Uniform(new Shape(3, 3, Channels, Channels)).On(device), change = random.Uniform(weight.Shape).On(device);
        Tensor gamma = random.Uniform(new Shape(Channels)).On(device), beta = random.Uniform(gamma.Shape).On(device);
        Tensor gammaChange = Tensor.Empty(device, gamma.Shape), betaChange = Tensor.Empty(device, gamma.Shape);
        Tensor mean = Tensor.Empty(device, new Shape(1, Groups)), inverse = Tensor.Empty(device, mean.Shape);
        return
        [
            ("convolution, forward", () => Convolution.Forward(x, weight, null, null, 1, y)),
            ("convolution, data gradient", () => Convolution.BackwardData(y, weight, 1, z)),
            ("convolution, weight gradient", () => Convolution.BackwardWeight(x, y, 1, change, null)),
            ("group norm, forward", () => GroupNormalization.Forward(x, gamma, beta, Groups, 1e-5f, true, y, mean, inverse)),
            ("group norm, backward", () => GroupNormalization.Backward(x, gamma, beta, mean, inverse, z, true, y, gammaChange, betaChange)),
        ];
    }
}
