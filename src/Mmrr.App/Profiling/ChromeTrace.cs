using System.Text.Json;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Profiling;

/// <summary>
/// Profiled runs as Chrome trace events for Perfetto (ui.perfetto.dev) and chrome://tracing: a process for each run, a thread for each worker, times in
/// microseconds.
/// </summary>
internal static class ChromeTrace
{
    /// <summary>Checks whether <see cref="Write"/> can write the file, before there are results to lose.</summary>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static void CheckWritable(string path)
    {
        if (path.Length == 0 || Directory.Exists(path) || Path.GetFileName(path).Length == 0)
            throw new UsageException($"--trace: '{path}' is not the name of a file");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new UsageException($"--trace: '{path}' cannot be written, its folder does not exist");
        OutputPlace.Check("--trace", path);
    }

    /// <summary>Writes a temporary file in the same folder and renames it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<(string Title, WorkloadRun Run)> runs) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartArray("traceEvents");
        double offset = 0;
        for (int process = 0; process < runs.Count; process++)
        {
            var (title, run) = runs[process];
            WriteName(json, "process_name", process, 0, title);
            int workers = run.Kernels.Count == 0 ? 0 : run.Kernels.Max(k => k.Workers.Count);
            for (int worker = 0; worker < workers; worker++) WriteName(json, "thread_name", process, worker, $"worker {worker}");
            foreach (var kernel in run.Kernels) WriteKernel(json, kernel, process, offset);
            offset += run.Seconds;
        }
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteName(Utf8JsonWriter json, string what, int process, int thread, string name)
    {
        WriteEvent(json, what, "M", process, thread);
        json.WriteStartObject("args");
        json.WriteString("name", name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteKernel(Utf8JsonWriter json, ProfiledKernel kernel, int process, double offset)
    {
        for (int worker = 0; worker < kernel.Workers.Count; worker++)
        {
            var (begin, end) = kernel.Workers[worker];
            if (end <= begin) continue; // a worker without work, or with less than the clock resolves
            WriteEvent(json, kernel.Work.Operation, "X", process, worker);
            json.WriteNumber("ts", Math.Round((offset + begin) * 1e6, 3));
            json.WriteNumber("dur", Math.Max(0.001, Math.Round((end - begin) * 1e6, 3)));
            json.WriteStartObject("args");
            json.WriteString("shape", kernel.Work.Shape.ToString());
            json.WriteNumber("GFLOP/s", Math.Round(kernel.Work.Operations / kernel.Seconds / 1e9, 3));
            json.WriteNumber("GB/s", Math.Round(kernel.Work.Bytes / kernel.Seconds / 1e9, 3));
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    /// <summary>Leaves the event open.</summary>
    private static void WriteEvent(Utf8JsonWriter json, string name, string kind, int process, int thread)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("ph", kind);
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", thread);
    }
}
