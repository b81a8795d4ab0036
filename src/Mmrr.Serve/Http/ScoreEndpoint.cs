using System.Buffers.Text;
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

    // A float32 and its six characters of base64.
    private const int MapPixelBytes = 10;

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
            (status, var result) = await Score(place.Run, wanted, context);
            return result;
        }
        catch (Exception e)
        {
            status = context.RequestAborted.IsCancellationRequested ? ErrorAnswers.Gone : ErrorAnswers.StatusOf(e);
            throw;
        }
        finally
        {
            state.Metrics.Request(run, status, watch.Elapsed);
        }
    }

    private async Task<(int Status, IResult Result)> Score(ServedRun run, Wanted wanted, HttpContext context)
    {
        var stop = context.RequestAborted;
        // Before the body is read: a client that is told to wait for it saves sending it.
        if (state.Queue.Places.Taken >= state.Queue.Places.Size) throw Full();
        using var share = state.Memory.TryTake(0)!;
        List<SentFile> files;
        using (state.Queue.Expect()) files = await RequestBody.Read(context.Request, state.Limits, share);
        using var places = state.Queue.Places.TryTake(files.Count) ?? throw Full();
        // Of the answer, until it is sent.
        var answered = state.Memory.TryTake(0)!;
        context.Response.RegisterForDispose(answered);
        var loaded = run.Enter();
        try
        {
            if (wanted.Heatmap && loaded.Calibration is null) throw NoColours();
            if (files is [{ Name: null } only])
                return (200, Results.Json(await Score(run.Name, loaded, only, wanted, answered, stop), AnswerJson.Default.ScoreAnswer));
            var each = await Task.WhenAll(files.Select(file => Try(run.Name, loaded, file, wanted, answered, stop)));
            var answer = new ScoresAnswer([.. each.OfType<ScoreAnswer>()], [.. each.OfType<ImageError>()]);
            int status = answer.Results.Count > 0 ? 200 : answer.Errors[0].Status;
            return (status, Results.Json(answer, AnswerJson.Default.ScoresAnswer, statusCode: status));
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

    private static RefusedException NoRoom() => RefusedException.Busy("the memory for answers is full");

    private async Task<object> Try(string run, LoadedRun loaded, SentFile file, Wanted wanted, Room.Share answered, CancellationToken stop)
    {
        try
        {
            return await Score(run, loaded, file, wanted, answered, stop);
        }
        catch (RefusedException e)
        {
            return new ImageError(file.Name, e.Status, e.Message);
        }
    }

    private async Task<ScoreAnswer> Score(
        string run, LoadedRun loaded, SentFile file, Wanted wanted, Room.Share answered, CancellationToken stop)
    {
        var picture = await state.Pictures.Score(loaded, file.Bytes, stop);
        state.Metrics.Image(run, picture.Score.Anomalous);
        var answer = ScoreAnswers.Of(loaded, picture, file.Name);
        if (wanted.Map)
        {
            if ((long)picture.Height * picture.Width > state.Limits.MapPixels)
                throw new RefusedException(422, $"a map of {picture.Width}x{picture.Height} values; expected at most {state.Limits.MapPixels}");
            if (!answered.TryGrow((long)MapPixelBytes * picture.Height * picture.Width)) throw NoRoom();
            float[] values = loaded.Scorer.MapOnImage(picture.Score, picture.Height, picture.Width);
            answer = answer with { Map = MemoryMarshal.AsBytes(values.AsSpan()).ToArray() };
        }
        if (!wanted.Heatmap) return answer;
        byte[] drawn = await state.Pictures.Heatmap(loaded, file.Bytes, picture, wanted.Side, stop);
        return answered.TryGrow(drawn.Length + Base64.GetMaxEncodedToUtf8Length(drawn.Length)) ? answer with { Heatmap = drawn } : throw NoRoom();
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
