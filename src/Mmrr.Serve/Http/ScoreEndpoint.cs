using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Batching;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Runs;

namespace Mmrr.Serve.Http;

/// <summary><c>POST /v1/runs/{run}/score</c>.</summary>
internal sealed class ScoreEndpoint(ServiceState state)
{
    /// <summary>The range of <c>side</c>.</summary>
    public const int LeastSide = 16, MostSide = 1 << 14;

    /// <summary>Scores the image or the images of the body.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="heatmap"><c>png</c>: with a heatmap.</param>
    /// <param name="side">The longest side of the heatmap in pixels; the image's own size where not given.</param>
    /// <param name="map"><c>raw</c>: with the score of each pixel.</param>
    /// <param name="context">The request.</param>
    public async Task<IResult> Score(
        string run, [RegularExpression("^png$")] string? heatmap, [Range(LeastSide, MostSide)] int? side, [RegularExpression("^raw$")] string? map,
        HttpContext context)
    {
        var watch = Stopwatch.StartNew();
        var place = state.Find(run);
        int status = 200;
        try
        {
            var wanted = Wanted.Parse(heatmap, side, map);
            return await Score(place.Run, wanted, context);
        }
        catch (RefusedException e)
        {
            status = e.Status;
            throw;
        }
        catch (OperationCanceledException)
        {
            status = 499;
            throw;
        }
        catch
        {
            status = 500;
            throw;
        }
        finally
        {
            state.Metrics.Request(run, status, watch.Elapsed);
        }
    }

    private async Task<IResult> Score(ServedRun run, Wanted wanted, HttpContext context)
    {
        var stop = context.RequestAborted;
        // Before the body is read: a client that is told to wait for it saves sending it.
        if (state.Queue.Places.Taken >= state.Queue.Places.Size) throw Full();
        using var share = state.Memory.TryTake(0)!;
        List<SentFile> files;
        using (state.Queue.Expect()) files = await RequestBody.Read(context.Request, state.Limits, share);
        using var places = state.Queue.Places.TryTake(files.Count) ?? throw Full();
        var loaded = run.Enter();
        try
        {
            if (wanted.Heatmap && loaded.Calibration is null) throw NoColours();
            if (files is [{ Name: null } only])
                return Results.Json(await Score(run.Name, loaded, only, wanted, stop), AnswerJson.Default.ScoreAnswer);
            var each = await Task.WhenAll(files.Select(file => Try(run.Name, loaded, file, wanted, stop)));
            var answer = new ScoresAnswer([.. each.OfType<ScoreAnswer>()], [.. each.OfType<ImageError>()]);
            return Results.Json(answer, AnswerJson.Default.ScoresAnswer, statusCode: answer.Results.Count > 0 ? 200 : answer.Errors[0].Status);
        }
        finally
        {
            loaded.Leave();
        }
    }

    /// <summary>The longest side of a heatmap, checked.</summary>
    /// <exception cref="RefusedException">It is out of range.</exception>
    public static int? Side(int? side) => side is null or (>= LeastSide and <= MostSide) ? side
        : throw new RefusedException(400, $"side is {side}, expected a whole number from {LeastSide} to {MostSide}");

    /// <summary>The run has no heatmaps.</summary>
    public static RefusedException NoColours() => new(409, "the run has no threshold, so it has no colours of heatmaps");

    private static RefusedException Full() => RefusedException.Busy("the queue is full");

    private async Task<object> Try(string run, LoadedRun loaded, SentFile file, Wanted wanted, CancellationToken stop)
    {
        try
        {
            return await Score(run, loaded, file, wanted, stop);
        }
        catch (RefusedException e)
        {
            return new ImageError(file.Name, e.Status, e.Message);
        }
    }

    private async Task<ScoreAnswer> Score(string run, LoadedRun loaded, SentFile file, Wanted wanted, CancellationToken stop)
    {
        var picture = await state.Pictures.Score(loaded, file.Bytes, stop);
        state.Metrics.Image(run, picture.Score.Anomalous);
        var answer = ScoreAnswers.Of(loaded, picture, file.Name);
        if (wanted.Map)
        {
            if ((long)picture.Height * picture.Width > state.Limits.MapPixels)
                throw new RefusedException(422, $"a map of {picture.Width}x{picture.Height} values; expected at most {state.Limits.MapPixels}");
            float[] values = loaded.Scorer.MapOnImage(picture.Score, picture.Height, picture.Width);
            answer = answer with { Map = MemoryMarshal.AsBytes(values.AsSpan()).ToArray() };
        }
        return wanted.Heatmap ? answer with { Heatmap = await state.Pictures.Heatmap(loaded, file.Bytes, picture, wanted.Side, stop) } : answer;
    }

    /// <summary>What is wanted beside the score.</summary>
    private sealed record Wanted(bool Heatmap, int? Side, bool Map)
    {
        public static Wanted Parse(string? heatmap, int? side, string? map)
        {
            if (heatmap is not (null or "png")) throw new RefusedException(400, $"heatmap is '{heatmap}', expected png");
            if (map is not (null or "raw")) throw new RefusedException(400, $"map is '{map}', expected raw");
            return new Wanted(heatmap is not null, ScoreEndpoint.Side(side), map is not null);
        }
    }
}
