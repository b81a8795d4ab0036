using Microsoft.AspNetCore.Http;

namespace Mmrr.Serve.Http;

/// <summary>
/// Bounds the time from an answer's first byte to its last: a client that does not read its answer would hold its memory. Kestrel's least rate alone leaves
/// hours for a long answer.
/// </summary>
internal static class AnswerTime
{
    /// <summary>Passes a request on, and cuts its connection where the answer is not taken in time.</summary>
    public static Task Limit(HttpContext context, RequestDelegate next, TimeSpan time)
    {
        var limit = new CancellationTokenSource();
        context.Response.RegisterForDispose(limit);
        // Disposed first, it waits for a cut that has begun: the connection may have another request afterwards.
        context.Response.RegisterForDispose(limit.Token.UnsafeRegister(static request => ((HttpContext)request!).Abort(), context));
        context.Response.OnStarting(() =>
        {
            limit.CancelAfter(time);
            return Task.CompletedTask;
        });
        return next(context);
    }
}
