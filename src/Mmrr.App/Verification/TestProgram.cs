using System.Text.Json;

namespace Mmrr.App.Verification;

/// <summary>The results of a project's tests.</summary>
/// <param name="Project">Its name.</param>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed; at least one where the program aborted.</param>
/// <param name="Skipped">Tests that were skipped.</param>
/// <param name="Seconds">Total duration.</param>
/// <param name="FailedNames">Names of those that failed.</param>
internal sealed record TestOutcome(string Project, int Passed, int Failed, int Skipped, double Seconds, IReadOnlyList<string> FailedNames);

/// <summary>The test programs of a bundle, in the folder of <c>mmrr</c>.</summary>
internal static class TestProgram
{
    // Running the whole program again on the simulator shows nothing that the kernel tests do not.
    private static readonly string[] s_quickClasses = ["Mmrr.App.Tests.Program.BenchTests", "Mmrr.App.Tests.Program.BadArgumentTests"];

    /// <summary>The programs found, those of the kernels first.</summary>
    public static IReadOnlyList<string> Find() =>
        [.. new[] { "Tensor", "Autograd", "Nn", "App" }.Select(name => Path.Combine(AppContext.BaseDirectory, $"Mmrr.{name}.Tests")).Where(File.Exists)];

    /// <summary>Runs a test program.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="device">The device that the kernel tests run on.</param>
    /// <param name="quick">Whether to omit long tests that do not run kernels.</param>
    /// <param name="limit">The time limit.</param>
    public static TestOutcome Run(string path, string device, bool quick, TimeSpan? limit)
    {
        string project = Path.GetFileName(path), results = Path.Combine(Path.GetTempPath(), $"mmrr-verify-{Path.GetRandomFileName()}.json");
        string[] classes = quick && project == "Mmrr.App.Tests" ? [.. s_quickClasses.SelectMany(name => new[] { "-class", name })] : [];
        var environment = new Dictionary<string, string> { ["MMRR_TEST_DEVICES"] = device };
        try
        {
            var run = ChildProgram.Run(path, ["-noColor", "-noLogo", "-ctrf", results, .. classes], environment, Console.WriteLine, limit);
            if (!File.Exists(results))
                return new TestOutcome(project, 0, 1, 0, run.Seconds, [$"the program aborted, exit code {run.ExitCode}: {run.LastError}"]);
            using var json = JsonDocument.Parse(File.ReadAllBytes(results));
            var all = json.RootElement.GetProperty("results");
            var summary = all.GetProperty("summary");
            string[] failed =
            [
                .. all.GetProperty("tests").EnumerateArray()
                    .Where(test => test.GetProperty("status").GetString() == "failed")
                    .Select(test => test.GetProperty("name").GetString()!),
            ];
            // Errors outside of tests appear only in the exit code.
            int failures = Math.Max(summary.GetProperty("failed").GetInt32(), run.ExitCode == 0 ? 0 : 1);
            return new TestOutcome(project, summary.GetProperty("passed").GetInt32(), failures, summary.GetProperty("skipped").GetInt32(), run.Seconds, failed);
        }
        finally
        {
            File.Delete(results);
        }
    }
}
