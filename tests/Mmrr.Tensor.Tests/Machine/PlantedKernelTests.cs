using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mmrr.Ptx.Machine.Faults;

namespace Mmrr.Tests.Machine;

/// <summary>
/// The planted faults that C# can say, in C#: the device <c>ptx</c> finds each. How many ILGPU's simulator finds is for <c>scripts/planted-faults</c>, which
/// asks <see cref="The_simulators_score"/>.
/// </summary>
public class PlantedKernelTests(TestDevices devices)
{
    private const string FaultVariable = "MMRR_PLANTED_FAULT";
    private const string TableVariable = "MMRR_PLANTED_TABLE";
    private const string Simulator = "simt:256";

    // A launch takes the simulator a second.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(nameof(PlantedFault.Transpose), "ptx")]
    [InlineData(nameof(PlantedFault.Sum), "ptx")]
    [InlineData(nameof(PlantedFault.Twice), "ptx")]
    [InlineData(nameof(PlantedFault.Transpose), Simulator)]
    [InlineData(nameof(PlantedFault.Sum), Simulator)]
    [InlineData(nameof(PlantedFault.Twice), Simulator)]
    public void The_kernels_are_right(string kernel, string device) =>
        Assert.Equal(PlantedFault.Expected(kernel), PlantedKernels.Run(devices.Get(device), kernel, 0));

    [Theory]
    [MemberData(nameof(PlantedFault.NumbersInCSharp), MemberType = typeof(PlantedFault))]
    public void A_fault_planted_in_CSharp_is_found_on_ptx(int number)
    {
        var planted = PlantedFault.All[number - 1];
        Assert.SkipUnless(TestDevices.Names.Contains("ptx"), $"{TestDevices.OnlyVariable} leaves out ptx");
        string found = OnPtx(number);
        Assert.Equal((planted.KindInCSharp ?? planted.Kind)?.ToString() ?? "wrong result", found);
    }

    /// <summary>In a process of its own, which such a kernel may end.</summary>
    [Fact]
    public void The_simulator_gives_the_right_result()
    {
        Assert.SkipUnless(
            int.TryParse(Environment.GetEnvironmentVariable(FaultVariable), CultureInfo.InvariantCulture, out int number), "scripts/planted-faults asks this");
        string kernel = PlantedFault.All[number - 1].Kernel;
        Assert.Equal(PlantedFault.Expected(kernel), PlantedKernels.Run(devices.Get(Simulator), kernel, number));
    }

    /// <summary>A table in Markdown of what finds which fault.</summary>
    [Fact]
    public async Task The_simulators_score()
    {
        string? file = Environment.GetEnvironmentVariable(TableVariable);
        Assert.SkipWhen(file is null, "scripts/planted-faults asks this");
        var text = new StringBuilder("| kernel | fault | `ptx` | ILGPU's simulator |\n|---|---|---|---|\n");
        int found = 0;
        for (int number = 1; number <= PlantedFault.All.Count; number++)
        {
            var planted = PlantedFault.All[number - 1];
            string simulator = planted.InCSharp ? await OnTheSimulator(number) : "cannot say it";
            if (planted.InCSharp && simulator != NotFound) found++;
            text.Append(
                CultureInfo.InvariantCulture, $"| {planted.Kernel} | {planted.Words} | {planted.Kind?.ToString() ?? "wrong result"} | {simulator} |\n");
        }
        int all = PlantedFault.All.Count, said = PlantedFault.All.Count(planted => planted.InCSharp);
        text.Append(CultureInfo.InvariantCulture, $"| all | {all}, of which C# says {said} | {all} of {all} found | {found} of {said} found |\n");
        await File.WriteAllTextAsync(file, text.ToString(), TestContext.Current.CancellationToken);
    }

    private const string NotFound = "not found";

    private static string OnPtx(int number)
    {
        string kernel = PlantedFault.All[number - 1].Kernel;
        using var device = Device.Open("ptx");
        try
        {
            return PlantedKernels.Run(device, kernel, number).SequenceEqual(PlantedFault.Expected(kernel)) ? NotFound : "wrong result";
        }
        catch (PtxFaultException e)
        {
            return e.Kind.ToString();
        }
    }

    private static async Task<string> OnTheSimulator(int number)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(PlantedKernelTests).Assembly.Location);
        foreach (string argument in new[] { "-method", $"*.{nameof(The_simulator_gives_the_right_result)}", "-noColor", "-noLogo" })
            start.ArgumentList.Add(argument);
        start.Environment[FaultVariable] = number.ToString(CultureInfo.InvariantCulture);
        start.Environment.Remove(TableVariable);
        using var child = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_longest);
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            string output = await child.StandardOutput.ReadToEndAsync(limit.Token);
            await child.WaitForExitAsync(limit.Token);
            await errors;
            bool isWrong = output.Contains("Failed: 1", StringComparison.Ordinal);
            return child.ExitCode == 0 ? NotFound : isWrong && output.Contains("Assert.Equal()", StringComparison.Ordinal) ? "wrong result"
                : isWrong ? "an exception" : "the process ends";
        }
        catch (OperationCanceledException)
        {
            child.Kill(entireProcessTree: true);
            return "hangs";
        }
    }
}
