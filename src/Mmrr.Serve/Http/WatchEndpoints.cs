using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;
using Mmrr.Training.Data.Integrity;

namespace Mmrr.Serve.Http;

/// <summary><c>/v1/runs/{run}/watched</c>: what arrives in a folder on the server.</summary>
internal sealed class WatchEndpoints(ServiceState state)
{
    /// <summary>The images that arrived in the watched folder.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="after">Only images with higher numbers; all where not given.</param>
    public IResult List(string run, long? after) =>
        Results.Json(Watch(run).After(after ?? 0), AnswerJson.Default.WatchedAnswer);

    /// <summary>The file of an image that arrived in the watched folder.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="number">The image's number.</param>
    public IResult Image(string run, long number)
    {
        // Sent as it is read: files that slow clients take must not fill the memory.
        var file = Open(run, number);
        Span<byte> start = stackalloc byte[16];
        int length = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        file.Position = 0;
        return Results.Stream(file, ImageSignature.FormatOf(start[..length]) switch
        {
            PngCheck.Format => "image/png",
            JpegCheck.Format => "image/jpeg",
            BmpCheck.Format => "image/bmp",
            WebpCheck.Format => "image/webp",
            _ => "application/octet-stream",
        });
    }

    /// <summary>The heatmap of an image that arrived in the watched folder, as a PNG. The image is scored again, and not counted.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="number">The image's number.</param>
    /// <param name="side">The longest side of the heatmap in pixels; the image's own size where not given.</param>
    /// <param name="context">The request.</param>
    public async Task<IResult> Heatmap(
        string run, long number, [Range(ScoreEndpoint.LeastSide, ScoreEndpoint.MostSide)] int? side, HttpContext context)
    {
        byte[] file = Read(run, number);
        using var queued = state.Queue.Places.TryTake(1) ?? throw RefusedException.Busy("the queue is full");
        using var share = state.Memory.TryTake(file.Length) ?? throw RefusedException.Busy("the memory for images is full");
        var loaded = state.Find(run).Run.Enter();
        try
        {
            if (loaded.Calibration is null) throw ScoreEndpoint.NoColours();
            var picture = await state.Pictures.Score(loaded, file, context.RequestAborted);
            byte[] drawn = await state.Pictures.Heatmap(loaded, file, picture, ScoreEndpoint.Side(side), context.RequestAborted);
            context.Response.RegisterForDispose(state.Memory.TryTake(drawn.Length) ?? throw RefusedException.Busy("the memory for answers is full"));
            return Results.Bytes(drawn, "image/png");
        }
        finally
        {
            loaded.Leave();
        }
    }

    private byte[] Read(string run, long number)
    {
        using var file = Open(run, number);
        var bytes = new byte[file.Length];
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length ? bytes
            : throw new RefusedException(404, $"image {number} is being changed");
    }

    private FileStream Open(string run, long number)
    {
        string path = Watch(run).PathOf(number) ?? throw new RefusedException(404, $"no image {number}; the last {Watching.FolderWatch.Kept} are kept");
        if (!RealPath.HasContent(path) || new FileInfo(path).Length > state.Limits.BodyBytes) throw new RefusedException(404, $"image {number} is gone");
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(404, $"image {number} cannot be read: {e.Message}");
        }
    }

    private Watching.FolderWatch Watch(string run) =>
        state.Find(run).Watch ?? throw new RefusedException(404, $"no folder is watched for '{run}'; mmrr serve --watch DIR names one");
}
