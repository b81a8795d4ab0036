using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;

namespace Mmrr.Serve.Http;

/// <summary>
/// Checks who asks: with a token, requests must carry it (<c>Authorization: Bearer TOKEN</c>); without one, the service listens on this machine alone, and
/// requests must name it as their host, so that no page from elsewhere reaches it under another name. Pages of other origins are refused in both cases.
/// </summary>
/// <param name="token">The token; null for none.</param>
internal sealed class TokenCheck(string? token)
{
    /// <summary>The key of a request's items that tells that it may see runs.</summary>
    public static readonly object Known = new();

    private const string Scheme = "Bearer ";
    private readonly byte[]? _token = token is null ? null : Hash(token);

    /// <summary>Passes a request on, or refuses it.</summary>
    /// <exception cref="RefusedException">It has no token, a wrong one, or comes from elsewhere.</exception>
    public Task Check(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        if (_token is null && !IsThisMachine(request.Host.Host)) throw new RefusedException(421, "the host of the request is not this machine");
        string own = $"{request.Scheme}://{request.Host.Value}";
        if (request.Headers.Origin.Count > 0 && !request.Headers.Origin.ToString().Equals(own, StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(403, "a request of a page of another origin");
        if (_token is null || Carries(request)) context.Items[Known] = true;
        else if (NeedsToken(request.Path))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            throw new RefusedException(401, "the token is missing or wrong; expected the header Authorization: Bearer TOKEN");
        }
        return next(context);
    }

    /// <summary>Whether requests of a path need the token.</summary>
    public static bool NeedsToken(PathString path) => path.StartsWithSegments("/v1") || path.StartsWithSegments("/metrics");

    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));

    // Hashes are compared, in constant time: neither the token's length nor its beginning shows in the time.
    private bool Carries(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(header[Scheme.Length..].Trim()), _token);

    // Not the class library's SHA-256, which ends the process where OpenSSL is missing.
    private static byte[] Hash(string text) => Encoding.ASCII.GetBytes(ContentHash.Of(Encoding.UTF8.GetBytes(text)));
}
