using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Limits;

namespace Mmrr.Serve.Http;

/// <summary>Turns exceptions into answers; an unexpected one is logged and ends its request only.</summary>
internal sealed class ErrorAnswers(Action<string> log)
{
    /// <summary>The status that is counted where the client has gone, so that nobody gets an answer.</summary>
    public const int Gone = 499;

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Passes a request on and answers what fails.</summary>
    public async Task Answer(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        try
        {
            await next(context);
            // Of the routes: no such path or method.
            if (context.Response is { HasStarted: false, StatusCode: 400 or 404 or 405, ContentLength: null, ContentType: null })
                await Write(
                    context, context.Response.StatusCode, context.Response.StatusCode == 400 ? "a parameter that cannot be read"
                        : $"there is no {context.Request.Method} {context.Request.Path}");
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone.
        }
#pragma warning disable CA1031 // Any exception: it must not end the service.
        catch (Exception e)
#pragma warning restore CA1031
        {
            int status = StatusOf(e);
            if (status == Gone) return;
            if (status == 500) log($"internal error in {context.Request.Method} {context.Request.Path}: {e}");
            await Write(context, status, e switch
            {
                _ when status == 500 => "an internal error; it is in the service's log",
                ObjectDisposedException => "the service is stopping",
                _ => e.Message,
            });
        }
    }

    /// <summary>The status code of the answer to a request that ends with an exception.</summary>
    public static int StatusOf(Exception exception) => exception switch
    {
        RefusedException e => e.Status,
        BadHttpRequestException e => e.StatusCode,
        ObjectDisposedException => 503,
        OperationCanceledException or ConnectionResetException or ConnectionAbortedException => Gone,
        _ => 500,
    };

    private static Task Write(HttpContext context, int status, string detail)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }
        context.Response.StatusCode = status;
        if (status == 503) context.Response.Headers.RetryAfter = s_retry.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // What is left of the body is not read.
        if (status is 408 or 413) context.Response.Headers.Connection = "close";
        string title = ReasonPhrases.GetReasonPhrase(status);
        return context.Response.WriteAsJsonAsync(new ProblemAnswer(status, title, detail), AnswerJson.Default.ProblemAnswer, "application/problem+json");
    }
}
