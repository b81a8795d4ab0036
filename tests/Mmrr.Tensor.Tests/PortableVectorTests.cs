using System.Diagnostics;
using System.Globalization;
using System.Runtime.Intrinsics;

namespace Mmrr.Tests;

/// <summary>The cpu device's operations without AVX-512 and without AVX2: this test program once more, in a process that lacks them.</summary>
[Collection(TestDevices.Beside)]
public class PortableVectorTests
{
    private const string WidthVariable = "MMRR_TEST_VECTOR_BITS";

    private static string? ExpectedWidth => Environment.GetEnvironmentVariable(WidthVariable);

    [Fact]
    public async Task The_operations_are_right_with_narrower_vectors()
    {
        Assert.SkipWhen(ExpectedWidth is not null, "this is the child process");
        await Child(256, "DOTNET_EnableAVX512");
        await Child(128, "DOTNET_EnableAVX512", "DOTNET_EnableAVX2");
    }

    private static async Task Child(int bits, params string[] disabled)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Under `dotnet test` this is the test program itself; under `dotnet program.dll` it is the host, which needs the program's name.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(PortableVectorTests).Assembly.Location);
        foreach (string argument in new[] { "-trait", "Category=Operation", "-noColor", "-noLogo" }) start.ArgumentList.Add(argument);
        foreach (string variable in disabled) start.Environment[variable] = "0";
        start.Environment[WidthVariable] = bits.ToString(CultureInfo.InvariantCulture);
        start.Environment[TestDevices.OnlyVariable] = "cpu";
        using var child = Process.Start(start)!;
        string output = await child.StandardOutput.ReadToEndAsync(cancellation);
        await child.WaitForExitAsync(cancellation);
        Assert.True(child.ExitCode == 0, $"exit code {child.ExitCode} with {bits}-bit vectors:\n{output}");
        Assert.Matches(@"Total: [1-9]\d\d", output); // hundreds of tests, not a filter that found none
    }

    /// <summary>So that the test above does not pass with the wide vectors, should a variable have changed its name.</summary>
    [Fact]
    [Trait("Category", "Operation")]
    public void The_child_has_the_vectors_that_it_was_told()
    {
        Assert.SkipWhen(ExpectedWidth is null, "this is not the child process");
        Assert.False(Vector512.IsHardwareAccelerated);
        if (ExpectedWidth == "128") Assert.False(Vector256.IsHardwareAccelerated);
    }
}
