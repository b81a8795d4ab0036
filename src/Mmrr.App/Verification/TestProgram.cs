using System.Text.Json;

namespace Mmrr.App.Verification;

/// <summary>How a project's tests came out.</summary>
/// <param name="Project">Its name.</param>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed; where the program broke off, at least one.</param>
/// <param name="Skipped">Tests that were skipped.</param>
/// <param name="Seconds">How long they took together.</param>
/// <param name="FailedNames">Names of those that failed.</param>
internal sealed record TestOutcome(string Project, int Passed, int Failed, int Skipped, double Seconds, IReadOnlyList<string> FailedNames);

/// <summary>The test programs of a bundle: they lie beside <c>mmrr</c>.</summary>
internal static class TestProgram
{
    // A second run through the whole program on the simulator says nothing that the kernels' own tests do not.
    private static readonly string[] s_quickClasses = ["Mmrr.App.Tests.Program.BenchTests", "Mmrr.App.Tests.Program.BadArgumentTests"];

    /// <summary>The programs that are there, those of the kernels first.</summary>
    public static IReadOnlyList<string> Find() =>
        [.. new[] { "Tensor", "Autograd", "Nn", "App" }.Select(name => Path.Combine(AppContext.BaseDirectory, $"Mmrr.{name}.Tests")).Where(File.Exists)];

    /// <summary>Runs one.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="device">The device that the kernels' tests are run on.</param>
    /// <param name="quick">Whether to leave out what takes long and does not run kernels.</param>
    /// <param name="limit">How long it may take.</param>
    public static TestOutcome Run(string path, string device, bool quick, TimeSpan? limit)
    {
        string project = Path.GetFileName(path), results = Path.Combine(Path.GetTempPath(), $"mmrr-verify-{Path.GetRandomFileName()}.json");
        string[] classes = quick && project == "Mmrr.App.Tests" ? [.. s_quickClasses.SelectMany(name => new[] { "-class", name })] : [];
        var environment = new Dictionary<string, string> { ["MMRR_TEST_DEVICES"] = device };
        try
        {
            var run = ChildProgram.Run(path, ["-noColor", "-noLogo", "-ctrf", results, .. classes], environment, Console.WriteLine, limit);
            if (!File.Exists(results))
                return new TestOutcome(project, 0, 1, 0, run.Seconds, [$"the program broke off, exit code {run.ExitCode}: {run.LastError}"]);
            using var json = JsonDocument.Parse(File.ReadAllBytes(results));
            var all = json.RootElement.GetProperty("results");
            var summary = all.GetProperty("summary");
            string[] failed =
            [
                .. all.GetProperty("tests").EnumerateArray()
                    .Where(test => test.GetProperty("status").GetString() == "failed")
                    .Select(test => test.GetProperty("name").GetString()!),
            ];
            // Errors outside of tests show in the exit code alone.
            int failures = Math.Max(summary.GetProperty("failed").GetInt32(), run.ExitCode == 0 ? 0 : 1);
            return new TestOutcome(project, summary.GetProperty("passed").GetInt32(), failures, summary.GetProperty("skipped").GetInt32(), run.Seconds, failed);
        }
        finally
        {
            File.Delete(results);
        }
    }
}
