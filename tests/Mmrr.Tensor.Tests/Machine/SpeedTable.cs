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
    private const int Rounds = 5;

    [Fact]
    public void Kernels_take_less_time_than_on_the_simulator()
    {
        string? file = Environment.GetEnvironmentVariable(TableVariable);
        Assert.SkipWhen(file is null, "scripts/ptx-speed asks this");
        string[] names = ["ptx", "ptx,unchecked", "simt:256"];
        var times = new Dictionary<string, double[]>();
        using var uncheckedDevice = Device.Open(names[1]);
        for (int n = 0; n < names.Length; n++)
        {
            var device = n == 1 ? uncheckedDevice : devices.Get(names[n]);
            foreach (var (what, run) in Cases(device))
            {
                run(); // compiles
                device.Synchronize();
                double[] rounds = [.. Enumerable.Range(0, Rounds).Select(_ =>
                {
                    long begin = Stopwatch.GetTimestamp();
                    run();
                    device.Synchronize();
                    return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                }).Order()];
                if (!times.TryGetValue(what, out double[]? row)) times[what] = row = new double[names.Length];
                row[n] = rounds[Rounds / 2];
            }
        }
        var text = new StringBuilder("| operation | `ptx`, ms | `ptx,unchecked`, ms | simulator, ms | simulator / `ptx` |\n|---|---|---|---|---|\n");
        foreach (var (what, row) in times)
            text.Append(CultureInfo.InvariantCulture, $"| {what} | {row[0]:F1} | {row[1]:F1} | {row[2]:F0} | {row[2] / row[0]:F0} |\n");
        File.WriteAllText(file, text.ToString());
    }

    private static IEnumerable<(string What, Action Run)> Cases(Device device)
    {
        using var scope = new DisposeScope();
        var random = new RandomInputs();
        var image = new Shape(1, Side, Side, Channels);
        Tensor x = random.Uniform(image).On(device), y = random.Uniform(image).On(device), z = random.Uniform(image).On(device);
        Tensor weight = random.Uniform(new Shape(3, 3, Channels, Channels)).On(device), change = random.Uniform(weight.Shape).On(device);
        Tensor gamma = random.Uniform(new Shape(Channels)).On(device), beta = random.Uniform(gamma.Shape).On(device);
        Tensor gammaChange = Tensor.Empty(device, gamma.Shape), betaChange = Tensor.Empty(device, gamma.Shape);
        Tensor mean = Tensor.Empty(device, new Shape(1, Groups)), inverse = Tensor.Empty(device, mean.Shape);
        yield return ("convolution, forward", () => Convolution.Forward(x, weight, null, null, 1, y));
        yield return ("convolution, data gradient", () => Convolution.BackwardData(y, weight, 1, z));
        yield return ("convolution, weight gradient", () => Convolution.BackwardWeight(x, y, 1, change, null));
        yield return ("group norm, forward", () => GroupNormalization.Forward(x, gamma, beta, Groups, 1e-5f, true, y, mean, inverse));
        yield return ("group norm, backward", () => GroupNormalization.Backward(x, gamma, beta, mean, inverse, z, true, y, gammaChange, betaChange));
    }
}
