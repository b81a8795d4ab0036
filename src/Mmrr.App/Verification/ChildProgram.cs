using System.Diagnostics;
using System.Globalization;

namespace Mmrr.App.Verification;

/// <summary>The outcome of a program.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Lines">Its standard output.</param>
/// <param name="LastError">The last non-empty line on standard error; empty where there is none.</param>
/// <param name="Seconds">How long it ran.</param>
internal sealed record ProgramOutcome(int ExitCode, IReadOnlyList<string> Lines, string LastError, double Seconds);

/// <summary>Runs programs one at a time, each in a separate process: a kernel that fails on a GPU destroys the context of its process.</summary>
internal static class ChildProgram
{
    /// <summary>The exit code of a program that ran out of time.</summary>
    private const int Ended = 124;

    /// <summary>Runs <c>mmrr</c> itself.</summary>
    public static ProgramOutcome Mmrr(IEnumerable<string> arguments, Action<string> output, TimeSpan? limit = null)
    {
        // With its own host, or with the SDK's.
        string host = Environment.ProcessPath!;
        string[] own = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "mmrr.dll")] : [];
        return Run(host, [.. own, .. arguments], new Dictionary<string, string>(), output, limit);
    }

    /// <summary>
    /// Runs a program; its lines are passed to <paramref name="output"/> as they arrive. It is ended if it still runs after <paramref name="limit"/>.
    /// </summary>
    public static ProgramOutcome Run(
        string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, Action<string> output, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var watch = Stopwatch.StartNew();
        using var process = new Process { StartInfo = start };
        var lines = new List<string>();
        string last = "";
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is null) return;
            lines.Add(e.Data);
            output(e.Data);
        };
        process.ErrorDataReceived += (_, e) =>
        {
            if (!string.IsNullOrWhiteSpace(e.Data)) last = e.Data.Trim();
        };
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (limit is { } most && !process.WaitForExit(most))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return new ProgramOutcome(
                Ended, lines, string.Create(CultureInfo.InvariantCulture, $"ended after {watch.Elapsed.TotalSeconds:F0} s, the time was up"),
                watch.Elapsed.TotalSeconds);
        }
        process.WaitForExit();
        return new ProgramOutcome(process.ExitCode, lines, last, watch.Elapsed.TotalSeconds);
    }
}
