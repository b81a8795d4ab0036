using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Limits;

namespace Mmrr.Serve.Http;

/// <summary><c>/v1/runs/{run}/reviews</c>: what people decide.</summary>
internal sealed partial class ReviewEndpoints(ServiceState state)
{
    private const string NamePattern = @"^[\p{L}\p{Nd}][\p{L}\p{Nd} ._@-]{0,63}";

    /// <summary>The last review of each image.</summary>
    /// <param name="run">The run's name.</param>
    public IResult List(string run)
    {
        var reviews = state.Find(run).Reviews;
        try
        {
            return Results.Json(new ReviewsAnswer(reviews.Last(), reviews.Folder, reviews.List), AnswerJson.Default.ReviewsAnswer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RefusedException.Busy($"the reviews cannot be read: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
    }

    /// <summary>Keeps a decision on the image in the body, with the run's own score, which is computed here.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="verdict"><c>normal</c> or <c>anomalous</c>.</param>
    /// <param name="reviewer">By whom.</param>
    /// <param name="image">The image's name.</param>
    /// <param name="context">The request.</param>
    public async Task<IResult> Add(
        string run, [RegularExpression("^(normal|anomalous)$"), Required] string? verdict, [RegularExpression(NamePattern + "$"), Required] string? reviewer,
        string? image, HttpContext context)
    {
        var place = state.Find(run);
        if (verdict is not ("normal" or "anomalous")) throw new RefusedException(400, $"verdict is '{verdict}', expected normal or anomalous");
        if (reviewer is null || !Name().IsMatch(reviewer))
            throw new RefusedException(400, "reviewer is missing, or not a name of 1 to 64 letters, digits, spaces and . _ - @, the first a letter or a digit");
        using var share = state.Memory.TryTake(0)!;
        var files = await RequestBody.Read(context.Request, state.Limits, share);
        if (files is not [var file]) throw new RefusedException(400, $"{files.Count} images; expected one");
        using var queued = state.Queue.Places.TryTake(1) ?? throw RefusedException.Busy("the queue is full");
        var loaded = place.Run.Enter();
        try
        {
            var picture = await state.Pictures.Score(loaded, file.Bytes, context.RequestAborted);
            string? decision = picture.Score.Anomalous switch { true => "anomalous", false => "normal", null => null };
            var review = new Review(
                DateTimeOffset.UtcNow, reviewer, PlainName(image ?? file.Name), picture.Hash, picture.Score.Score, loaded.Calibration?.Threshold, decision,
                verdict);
            place.Reviews.Add(review, file.Bytes);
            return Results.Json(review, AnswerJson.Default.Review, statusCode: 201);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            state.Log($"{place.Reviews.Folder}: a review cannot be kept: {e.Message}");
            throw new RefusedException(507, $"the review cannot be kept: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            loaded.Leave();
        }
    }

    // A spreadsheet would compute a field that begins with one of these.
    private static string PlainName(string? name)
    {
        string clean = RequestBody.CleanName(name) ?? "";
        return clean.Length > 0 && "=+-@".Contains(clean[0], StringComparison.Ordinal) ? $"'{clean}" : clean;
    }

    [GeneratedRegex($@"{NamePattern}\z")]
    private static partial Regex Name();
}
