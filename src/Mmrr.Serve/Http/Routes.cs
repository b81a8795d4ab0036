using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mmrr.Serve.Answers;

namespace Mmrr.Serve.Http;

/// <summary>The paths of the service.</summary>
internal static class Routes
{
    private const string Problem = "application/problem+json";

    /// <summary>Maps all paths.</summary>
    public static void Map(IEndpointRouteBuilder app, ServiceState state)
    {
        var score = new ScoreEndpoint(state);
        var runs = new RunEndpoints(state);
        var reviews = new ReviewEndpoints(state);
        var watch = new WatchEndpoints(state);
        var page = new PageEndpoint();

        app.MapGet("/", (HttpContext context) => page.File(null, context)).ExcludeFromDescription();
        app.MapGet("/page/{name}", page.File).ExcludeFromDescription();
        app.MapOpenApi("/openapi.json");

        app.MapGet("/healthz", runs.Health).Produces<HealthAnswer>().Produces<ProblemAnswer>(403, Problem).Produces<ProblemAnswer>(421, Problem);
        app.MapGet("/metrics", runs.Metrics).Produces<string>(contentType: "text/plain").Errors();
        app.MapGet("/v1/runs", runs.Runs).Produces<RunsAnswer>().Errors();
        app.MapPost("/v1/runs/{run}/score", score.Score)
            .WithDescription(
                "The body is an image (PNG, JPEG, BMP, WebP, TIFF, PGM or PPM), or multipart/form-data with an image in each part; several images are answered "
                + "by an object with results and errors.")
            .WithMetadata(new ImageBody(Several: true)).Produces<ScoreAnswer>().Errors(400, 404, 408, 409, 413, 415, 422, 500, 503);
        app.MapGet("/v1/runs/{run}/reviews", reviews.List).Produces<ReviewsAnswer>().Errors(404, 503);
        app.MapPost("/v1/runs/{run}/reviews", reviews.Add)
            .WithMetadata(new ImageBody(Several: false)).Produces<Review>(201).Errors(400, 404, 408, 413, 415, 422, 500, 503, 507);
        app.MapGet("/v1/runs/{run}/watched", watch.List).Produces<WatchedAnswer>().Errors(400, 404);
        app.MapGet("/v1/runs/{run}/watched/{number:long}/image", watch.Image).WithMetadata(new PictureAnswer(ImageBody.Types)).Errors(404);
        app.MapGet("/v1/runs/{run}/watched/{number:long}/heatmap", watch.Heatmap)
            .WithMetadata(new PictureAnswer(["image/png"])).Errors(400, 404, 409, 415, 422, 500, 503);
    }

    // Beside these codes, those of TokenCheck.
    private static void Errors(this RouteHandlerBuilder route, params int[] codes)
    {
        foreach (int code in codes.Concat([401, 403, 421]).Order()) route.Produces<ProblemAnswer>(code, Problem);
    }
}
