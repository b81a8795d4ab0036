using System.Globalization;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Answers;

namespace Mmrr.Serve.Http;

/// <summary><c>GET /v1/runs</c>, <c>/healthz</c> and <c>/metrics</c>.</summary>
internal sealed class RunEndpoints(ServiceState state)
{
    /// <summary>The runs that are served.</summary>
    public IResult Runs() =>
        Results.Json(new RunsAnswer([.. state.Runs.Values.Select(Describe)], state.Device, state.Limits.BodyBytes), AnswerJson.Default.RunsAnswer);

    /// <summary>Whether the service works; the names of problems only where the caller may see runs.</summary>
    public IResult Health(HttpContext context)
    {
        string[] problems = [.. state.Runs.Values.Where(p => p.Run.Problem is not null).Select(p => $"{p.Run.Name}: {p.Run.Problem}")];
        bool known = context.Items.ContainsKey(TokenCheck.Known);
        return Results.Json(new HealthAnswer(problems.Length > 0 ? "degraded" : "ok", known ? problems : []), AnswerJson.Default.HealthAnswer);
    }

    /// <summary>The counts in the text format of Prometheus.</summary>
    public IResult Metrics() =>
        Results.Text(state.Metrics.Text(state.Queue.Places.Taken, state.Queue.Places.Size), "text/plain; version=0.0.4; charset=utf-8");

    private static RunAnswer Describe(RunPlace place)
    {
        var loaded = place.Run.Enter();
        try
        {
            var (options, calibration) = (loaded.Scorer.Options, loaded.Calibration);
            return new RunAnswer(
                place.Run.Name, place.Run.Version, loaded.Loaded, place.Run.Problem, options.Size, options.Channels,
                options.Fit.ToString().ToLower(CultureInfo.InvariantCulture), loaded.Scorer.Method.Rule.ToString().ToLower(CultureInfo.InvariantCulture),
                calibration?.Threshold, calibration?.FalseAlarm, [.. (calibration?.Images ?? []).Select(i => i.Score).Order()], place.Watch is not null);
        }
        finally
        {
            loaded.Leave();
        }
    }
}
