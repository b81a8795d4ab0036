using System.Text.Json.Serialization;

namespace Mmrr.App.Profiling;

/// <summary>What is read of a trace; the names are those in the file.</summary>
/// <param name="OtherData">What belongs to the whole.</param>
/// <param name="TraceEvents">Names of runs and of workers, and the workers' parts of calls.</param>
internal sealed record TraceContent(TraceData OtherData, IReadOnlyList<TraceEvent> TraceEvents)
{
    /// <summary>The profile; null where a value is missing or out of its range.</summary>
    public KeptProfile? Profile()
    {
        var data = OtherData;
        if (!IsWord(data.Version) || !IsWord(data.Case.Device) || !IsWord(data.Case.Precision)) return null;
        if (data.Case.Method is { } method && !IsWord(method)) return null;
        if (data.RunSeconds.Count is < 2 or > ChromeTrace.MostRuns || !data.RunSeconds.All(IsTime)) return null;
        var kernels = TraceEvents.Where(e => e?.Ph != "M").ToArray();
        if (!kernels.All(IsKernel)) return null;
        var calls = kernels.DistinctBy(e => (e.Pid, e.Args!.Call)).ToLookup(e => e.Pid, e => (e.Name, e.Args!.KernelSeconds!.Value));
        return new KeptProfile(data.Version, data.Case, [.. data.RunSeconds.Select((seconds, run) => RunProfile.Of(seconds, calls[run]))]);
    }

    private static bool IsKernel(TraceEvent? e) =>
        e is { Ph: "X", Pid: >= 0 and < ChromeTrace.MostRuns, Args: { Call: not null, KernelSeconds: { } seconds } } && IsWord(e.Name) && IsTime(seconds);

    private static bool IsTime(double seconds) => seconds is >= 0 and < double.PositiveInfinity;

    // It is printed in one line.
    private static bool IsWord(string text) => text.Length > 0 && !text.Any(char.IsControl);
}

/// <summary><c>otherData</c> of a trace.</summary>
/// <param name="Format">The number of the format of what follows and of the events.</param>
/// <param name="Version">The version of the program that wrote it.</param>
/// <param name="Case">What the profile was taken of.</param>
/// <param name="RunSeconds">The time of each run in seconds; a run's place in it is the <c>pid</c> of its events.</param>
internal sealed record TraceData(int Format, string Version, ProfileCase Case, IReadOnlyList<double> RunSeconds);

/// <summary>A trace event, as far as it is read.</summary>
/// <param name="Ph">X for a worker's part of a call of a kernel, M for a name.</param>
/// <param name="Pid">The run.</param>
/// <param name="Name">The operation.</param>
/// <param name="Args">What else belongs to it.</param>
internal sealed record TraceEvent(string Ph, int Pid, string Name, TraceArguments? Args = null);

/// <summary>The arguments of a worker's part of a call.</summary>
/// <param name="Call">The number of the call in its run, the same for all workers.</param>
/// <param name="KernelSeconds">The time of the call from the first worker's begin to the last one's end.</param>
internal sealed record TraceArguments(int? Call = null, double? KernelSeconds = null);

/// <summary>Serialization without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TraceContent))]
internal sealed partial class TraceJson : JsonSerializerContext;
