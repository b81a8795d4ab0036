using System.Reflection;
using System.Text.Json;
using Mmrr.Nn.Checkpoints;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;
using Mmrr.Training.Runs;

namespace Mmrr.App.Profiling;

/// <summary>
/// Profiled runs as Chrome trace events for Perfetto (ui.perfetto.dev) and chrome://tracing: a process for each run, a thread for each worker, times in
/// microseconds. <c>otherData</c>, and the number and the time of each call, are for <see cref="KeptProfile.Read"/>.
/// </summary>
internal static class ChromeTrace
{
    /// <summary>The number of the format of <see cref="TraceData"/> and of the events; traces without a number are from versions that wrote none.</summary>
    public const int Format = 1;

    /// <summary>The most runs of a trace: a training step of each phase, of which a method has one or two, and a scoring pass.</summary>
    public const int MostRuns = 3;

    /// <summary>Checks whether <see cref="Write"/> can write the file, before there are results to lose.</summary>
    /// <param name="path">The file.</param>
    /// <param name="read">A file that is read and must not be replaced; null where there is none.</param>
    /// <exception cref="UsageException">The file cannot or must not be written.</exception>
    public static void CheckWritable(string path, string? read)
    {
        if (path.Length == 0 || Directory.Exists(path) || Path.GetFileName(path).Length == 0)
            throw new UsageException($"--trace: '{path}' is not the name of a file");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder)) throw new UsageException($"--trace: '{path}' cannot be written, its folder does not exist");
        OutputPlace.CheckFile("--trace", path, read);
    }

    /// <summary>Writes a temporary file in the same folder and renames it.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="of">What was profiled.</param>
    /// <param name="runs">The runs with their titles, two or three of them.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ProfileCase of, IReadOnlyList<(string Title, WorkloadRun Run)> runs) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WritePropertyName("otherData");
        string version = typeof(ChromeTrace).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        JsonSerializer.Serialize(json, new TraceData(Format, version, of, [.. runs.Select(r => r.Run.Seconds)]), TraceJson.Default.TraceData);
        json.WriteStartArray("traceEvents");
        double offset = 0;
        for (int process = 0; process < runs.Count; process++)
        {
            var (title, run) = runs[process];
            WriteName(json, "process_name", process, 0, title);
            int workers = run.Kernels.Count == 0 ? 0 : run.Kernels.Max(k => k.Workers.Count);
            for (int worker = 0; worker < workers; worker++) WriteName(json, "thread_name", process, worker, $"worker {worker}");
            for (int call = 0; call < run.Kernels.Count; call++) WriteKernel(json, run.Kernels[call], process, call, offset);
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

    private static void WriteKernel(Utf8JsonWriter json, ProfiledKernel kernel, int process, int call, double offset)
    {
        for (int worker = 0; worker < kernel.Workers.Count; worker++)
        {
            var (begin, end) = kernel.Workers[worker];
            // A worker without work, or with less than the clock resolves; the first one's part is written for the call to be counted.
            if (end <= begin && worker > 0) continue;
            WriteEvent(json, kernel.Work.Operation, "X", process, worker);
            json.WriteNumber("ts", Math.Round((offset + begin) * 1e6, 3));
            json.WriteNumber("dur", Math.Max(0.001, Math.Round((end - begin) * 1e6, 3)));
            json.WriteStartObject("args");
            json.WriteString("shape", kernel.Work.Shape.ToString());
            json.WriteNumber("GFLOP/s", Rate(kernel.Work.Operations, kernel.Seconds));
            json.WriteNumber("GB/s", Rate(kernel.Work.Bytes, kernel.Seconds));
            json.WriteNumber("call", call);
            json.WriteNumber("kernelSeconds", kernel.Seconds); // not rounded: a comparison shows the figures that were shown
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    // JSON has no infinity for what takes less than the clock resolves.
    private static double Rate(double count, double seconds) => seconds > 0 ? Math.Round(count / seconds / 1e9, 3) : 0;

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
