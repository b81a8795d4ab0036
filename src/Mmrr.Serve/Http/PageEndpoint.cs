using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Mmrr.Training.Data;

namespace Mmrr.Serve.Http;

/// <summary>The page: files of the program, none from elsewhere.</summary>
internal sealed class PageEndpoint
{
    private const string Prefix = "page/";

    // Nothing of another host, no inline script or style, no frame; pictures that the page made itself are blobs.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    private readonly FrozenDictionary<string, (byte[] Bytes, string Tag)> _files = Load();

    /// <summary>A file of the page; index.html where the name is empty.</summary>
    public IResult File(string? name, HttpContext context)
    {
        if (!_files.TryGetValue(name is null or "" ? "index.html" : name, out var file)) return Results.StatusCode(404);
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-cache";
        headers.ETag = file.Tag;
        if (context.Request.Headers.IfNoneMatch == file.Tag) return Results.StatusCode(304);
        return Results.Bytes(file.Bytes, Path.GetExtension(name) switch
        {
            ".js" => "text/javascript; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        });
    }

    private static FrozenDictionary<string, (byte[] Bytes, string Tag)> Load()
    {
        var assembly = typeof(PageEndpoint).Assembly;
        return assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToFrozenDictionary(
            n => n[Prefix.Length..],
            n =>
            {
                using var stream = assembly.GetManifestResourceStream(n)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return (bytes, $"\"{ContentHash.Of(bytes)[..16]}\"");
            });
    }
}
