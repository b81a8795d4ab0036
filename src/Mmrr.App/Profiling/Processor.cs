using System.Globalization;
using System.Runtime.InteropServices;

namespace Mmrr.App.Profiling;

/// <summary>The processor of this machine: its name and its caches, as far as the system tells them (Linux).</summary>
internal static class Processor
{
    private const string Caches = "/sys/devices/system/cpu/cpu0/cache";

    // Where the system does not tell: what most processors have at least.
    private static readonly Cache[] s_usual = [new(1, 32 << 10, 1), new(2, 256 << 10, 1), new(3, 2 << 20, 1)];

    /// <summary>The name, such as <c>AMD EPYC 7763</c>; the architecture where the system does not tell it.</summary>
    public static string Name { get; } =
        Lines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : $"{RuntimeInformation.ProcessArchitecture} processor";

    /// <summary>The device's name, its description and, of those that run on the processor, the processor's name.</summary>
    public static string Describe(Device device) => $"{device.Name}: {device.Description}{(device.Kind == DeviceKind.Cuda ? "" : $", {Name}")}";

    /// <summary>
    /// The levels of the cache, nearest first, each with a worker's working set in bytes that this level holds and the one below it does not: that one whole
    /// and half of a worker's part of this one.
    /// </summary>
    /// <param name="workers">The number of workers, which share the caches.</param>
    public static IEnumerable<(int Level, long Bytes)> WorkingSets(int workers)
    {
        Cache[] known = [.. Known().OrderBy(cache => cache.Level)];
        long below = 0;
        foreach (var cache in known.Length == 0 ? s_usual : known)
        {
            // Workers may lie anywhere; more of them than processors take turns.
            double sharing = Math.Max(Math.Min(workers, cache.Sharing), (double)cache.Sharing * workers / Environment.ProcessorCount);
            long part = (long)(cache.Bytes / sharing);
            yield return (cache.Level, Math.Max(below + (part / 2), 512));
            below = part;
        }
    }

    private static IEnumerable<Cache> Known()
    {
        if (!Directory.Exists(Caches)) yield break;
        foreach (string folder in Directory.EnumerateDirectories(Caches, "index*"))
        {
            string Value(string name) => Lines(Path.Combine(folder, name)).FirstOrDefault("");
            if (Value("type") is "Instruction" or "" || !int.TryParse(Value("level"), out int level)) continue;
            string size = Value("size");
            if (!size.EndsWith('K') || !long.TryParse(size.AsSpan(0, size.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes))
                continue;
            yield return new Cache(level, kilobytes << 10, Math.Max(1, Count(Value("shared_cpu_list"))));
        }
    }

    // Numbers and ranges: 0-3,8.
    private static int Count(string list) => list.Split(',').Sum(range =>
    {
        string[] ends = range.Split('-');
        return int.TryParse(ends[0], out int first) && int.TryParse(ends[^1], out int last) ? last - first + 1 : 0;
    });

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>A data cache.</summary>
    /// <param name="Level">From 1, the nearest.</param>
    /// <param name="Bytes">Its size.</param>
    /// <param name="Sharing">Logical processors that share it.</param>
    private readonly record struct Cache(int Level, long Bytes, int Sharing);
}
