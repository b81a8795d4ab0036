using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace Mmrr.App.Tests.Program;

/// <summary>What a run of the program left behind.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>Lines on standard output.</summary>
    public string[] OutputLines => Lines(Output);

    /// <summary>Lines on standard error.</summary>
    public string[] ErrorLines => Lines(Error);

    /// <summary>Fails the test with what the program said, unless it ended with this code.</summary>
    public Outcome Ends(int code)
    {
        if (ExitCode != code) Assert.Fail($"exit code {ExitCode}, expected {code}\n{Output}\n{Error}");
        return this;
    }

    /// <summary>Exit code 2 and one line on standard error with these words.</summary>
    public void Refuses(params string[] words)
    {
        Ends(2);
        if (ErrorLines.Length != 1) Assert.Fail($"{ErrorLines.Length} lines on standard error, expected one:\n{Error}");
        foreach (string word in words) Assert.Contains(word, ErrorLines[0], StringComparison.Ordinal);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')).ToArray();
}

/// <summary>Starts the program as users do, as a process of its own.</summary>
internal static class MmrrProcess
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(100);

    // With a runtime of their own beside them (scripts/gpu-bundle) the programs start by themselves.
    private static readonly bool s_selfContained = Path.GetFullPath(RuntimeEnvironment.GetRuntimeDirectory()) == Path.GetFullPath(AppContext.BaseDirectory);

    // Else by the host beside the runtime that runs the tests, wherever that is installed.
    private static readonly string s_host = s_selfContained
        ? Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "mmrr.exe" : "mmrr")
        : Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>Runs <c>mmrr</c> with these arguments.</summary>
    public static Outcome Run(params string[] arguments) => Run(new Dictionary<string, string>(), arguments);

    /// <summary>Runs <c>mmrr</c> with these variables in its environment and these arguments.</summary>
    public static Outcome Run(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return Finish(process);
    }

    /// <summary>Starts <c>mmrr</c> and does not wait for it.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string[] command = CommandOf(arguments);
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        // To count how often code runs pays in long runs only; these are over before.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    /// <summary>The program that is started, and all of its arguments.</summary>
    public static string[] CommandOf(params string[] arguments) =>
        [s_host, .. s_selfContained ? [] : new[] { Path.Combine(AppContext.BaseDirectory, "mmrr.dll") }, .. arguments];

    /// <summary>Waits for a process of <see cref="Start"/>.</summary>
    public static Outcome Finish(Process process)
    {
        // Both at once: a pipe that nobody empties stops the program.
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
        {
            process.Kill();
            Assert.Fail($"mmrr {string.Join(' ', process.StartInfo.ArgumentList.Skip(1))}: still running after {s_limit.TotalSeconds} s");
        }
        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
