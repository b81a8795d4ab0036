using System.Globalization;
using System.Runtime.InteropServices;

[assembly: AssemblyFixture(typeof(Mmrr.Tests.TestDevices))]
// A device takes operations from one thread at a time, and the tests share the devices: they run one after the other, and beside them those of the other
// collection, which need no device.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]

namespace Mmrr.Tests;

/// <summary>The devices of this test program: each is opened once, when a test first asks for it.</summary>
public sealed class TestDevices : IDisposable
{
    /// <summary>Environment variable: run the operation tests on these devices only (names with commas between).</summary>
    public const string OnlyVariable = "MMRR_TEST_DEVICES";

    /// <summary>Environment variable: 1 runs the heavy cases on <c>ptx</c> too.</summary>
    public const string HeavyVariable = "MMRR_TEST_HEAVY";

    /// <summary>
    /// The collection of tests that need none of these devices. They leave half of the cores to the simulator, whose threads wait for one another at every
    /// barrier: with other work on all cores it takes ten times as long.
    /// </summary>
    public const string Beside = "beside the devices";

    private static readonly string? s_whyNoCuda = WhyNoCuda();

    private readonly Dictionary<string, Device> _open = [];

    /// <summary>The devices that every operation is tested on; <c>cuda</c> is skipped where there is none.</summary>
    public static string[] Names { get; } = Environment.GetEnvironmentVariable(OnlyVariable)?.Split(',') ?? ["cpu", "simt", "ptx", "cuda"];

    /// <summary>Threads for tests of <see cref="Beside"/>.</summary>
    public static int HalfOfTheCores => Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>A row for each device.</summary>
    public static TheoryData<string> Every => [.. Names];

    /// <summary>A row for each device and case. The simulator is slow, so it runs the small cases only.</summary>
    /// <param name="small">Run everywhere.</param>
    /// <param name="large">Not run on the simulator.</param>
    /// <param name="wide">Cases for kernels that are written for so many threads a group: a simulator that has them runs only these.</param>
    public static TheoryData<string, int[]> Rows(int[][] small, int[][] large, params (int Lanes, int[] Sizes)[] wide) => Rows(small, large, [], wide);

    /// <summary>The same with cases that take the machine for PTX from seconds to a minute each: it runs them where a variable asks for it.</summary>
    public static TheoryData<string, int[]> Rows(int[][] small, int[][] large, int[][] heavy, params (int Lanes, int[] Sizes)[] wide)
    {
        bool runsHeavy = Environment.GetEnvironmentVariable(HeavyVariable) == "1";
        var rows = new TheoryData<string, int[]>();
        foreach (string name in Names)
        {
            // One row to skip says as much as hundreds.
            int[][] cases = name == "simt"
                ? small
                : name == "cuda" && s_whyNoCuda is not null ? small[..1]
                : [.. small, .. large, .. name != "ptx" || runsHeavy ? heavy : [], .. wide.Select(item => item.Sizes)];
            foreach (int[] sizes in cases) rows.Add(name, sizes);
            if (name != "simt") continue;
            foreach (var (lanes, sizes) in wide) rows.Add($"simt:{lanes}", sizes);
        }
        return rows;
    }

    /// <summary>The device of that name, <c>simt:N</c> for a simulator with N threads a group; skips the test where there is none.</summary>
    public Device Get(string name, int? threads = null)
    {
        if (name == "cuda" && s_whyNoCuda is { } why) Assert.Skip(why);
        if (!Names.Contains(name.Split(':')[0])) Assert.Skip($"{OnlyVariable} leaves out {name}");
        if (name == "cpu") threads ??= 2;
        string key = $"{name}/{threads}";
        if (!_open.TryGetValue(key, out var device))
            _open[key] = device = name.StartsWith("simt:", StringComparison.Ordinal)
                ? Device.OpenSimt(int.Parse(name.AsSpan(5), CultureInfo.InvariantCulture))
                : Device.Open(name, threads);
        return device;
    }

    /// <summary>
    /// Runs an operation and returns its outputs. They hold NaN before it, so that an element which is not written shows. It runs twice, and
    /// on <c>cpu</c> also with one worker and with three: all must agree bit for bit. Inputs must come out unchanged, and no tensor may be left behind.
    /// </summary>
    internal float[][] Run(string name, HostTensor[] inputs, Shape[] outputs, Action<Tensor[], Tensor[]> operation)
    {
        var first = RunOnce(Get(name), inputs, outputs, operation);
        AssertSameBits(first, RunOnce(Get(name), inputs, outputs, operation), "a second run");
        if (name != "cpu") return first;
        foreach (int workers in new[] { 1, 3 }) AssertSameBits(first, RunOnce(Get(name, workers), inputs, outputs, operation), $"{workers} workers");
        return first;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var device in _open.Values) device.Dispose();
    }

    private static string? WhyNoCuda()
    {
        try
        {
            using var device = Device.Open("cuda");
            return null;
        }
        catch (DeviceUnavailableException e)
        {
            return e.Message;
        }
    }

    private static float[][] RunOnce(Device device, HostTensor[] inputs, Shape[] outputs, Action<Tensor[], Tensor[]> operation)
    {
        long live = device.LiveTensors;
        var results = new float[outputs.Length][];
        using (new DisposeScope())
        {
            var given = Array.ConvertAll(inputs, input => Tensor.From(device, input.Shape, input.Values));
            var taken = Array.ConvertAll(outputs, shape => HostTensor.Constant(shape, float.NaN).On(device));
            operation(given, taken);
            for (int i = 0; i < outputs.Length; i++) results[i] = taken[i].ToArray();
            for (int i = 0; i < inputs.Length; i++)
            {
                if (!SameBits(inputs[i].Values, given[i].ToArray())) Assert.Fail($"input {i} was changed; {RandomInputs.Note}");
            }
        }
        Assert.Equal(live, device.LiveTensors);
        return results;
    }

    private static void AssertSameBits(float[][] first, float[][] second, string what)
    {
        for (int i = 0; i < first.Length; i++)
        {
            if (!SameBits(first[i], second[i])) Assert.Fail($"output {i} has other bits with {what}; {RandomInputs.Note}");
        }
    }

    private static bool SameBits(float[] a, float[] b) =>
        MemoryMarshal.AsBytes<float>(a).SequenceEqual(MemoryMarshal.AsBytes<float>(b));
}
