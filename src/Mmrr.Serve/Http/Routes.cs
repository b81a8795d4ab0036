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

        app.MapGet("/healthz", runs.Health).WithSummary("Whether the service works").Produces<HealthAnswer>();
        app.MapGet("/metrics", runs.Metrics).WithSummary("Counts in the text format of Prometheus").Produces<string>(contentType: "text/plain").Errors();
        app.MapGet("/v1/runs", runs.Runs).WithSummary("The runs that are served").Produces<RunsAnswer>().Errors();
        app.MapPost("/v1/runs/{run}/score", score.Score).WithSummary("Score one image, or several")
            .WithDescription(
                "The body is an image (PNG, JPEG, BMP, WebP, TIFF, PGM or PPM), or multipart/form-data with an image in each part; several images are answered "
                + "by an object with results and errors.")
            .WithMetadata(new ImageBody(Several: true)).Produces<ScoreAnswer>().Errors(400, 404, 408, 409, 413, 415, 422, 503);
        app.MapGet("/v1/runs/{run}/reviews", reviews.List).WithSummary("The last review of each image").Produces<ReviewsAnswer>().Errors(404, 503);
        app.MapPost("/v1/runs/{run}/reviews", reviews.Add).WithSummary("Keep a person's decision on the image in the body")
            .WithMetadata(new ImageBody(Several: false)).Produces<Review>(201).Errors(400, 404, 408, 413, 415, 422, 503, 507);
        app.MapGet("/v1/runs/{run}/watched", watch.List).WithSummary("Images that arrived in the watched folder").Produces<WatchedAnswer>().Errors(404);
        app.MapGet("/v1/runs/{run}/watched/{number:long}/image", watch.Image).WithSummary("The file of such an image")
            .Produces(200, null, "image/png", "image/jpeg", "image/bmp", "image/webp", "application/octet-stream").Errors(404);
        app.MapGet("/v1/runs/{run}/watched/{number:long}/heatmap", watch.Heatmap).WithSummary("The heatmap of such an image")
            .Produces(200, contentType: "image/png").Errors(400, 404, 409, 422, 503);
    }

    private static void Errors(this RouteHandlerBuilder route, params int[] codes)
    {
        // The first three are of the token, the origin and the host.
        foreach (int code in (int[])[401, 403, 421, .. codes]) route.Produces<ProblemAnswer>(code, Problem);
    }
}
