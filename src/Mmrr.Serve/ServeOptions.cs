using System.Net;
using Microsoft.AspNetCore.Http;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;

namespace Mmrr.Serve;

/// <summary>What is served, where, and to whom.</summary>
internal sealed record ServeOptions
{
    /// <summary>The least characters of a token.</summary>
    public const int LeastToken = 16;

    /// <summary>The folders of the runs, at least one.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>The addresses to listen on.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>What requests must carry; null for a service on this machine alone.</summary>
    public string? Token { get; init; }

    /// <summary>Folders to watch, by the names of their runs.</summary>
    public IReadOnlyDictionary<string, string> Watches { get; init; } = new Dictionary<string, string>();

    /// <summary>The limits.</summary>
    public ServiceLimits Limits { get; init; } = new();

    /// <summary>The name of a run in the addresses.</summary>
    public static string NameOf(string run) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run)));

    /// <summary>Reads a token from a file.</summary>
    /// <exception cref="UsageException">It is too short, or has characters that a header cannot carry.</exception>
    public static string ReadToken(string path)
    {
        string token = File.ReadAllText(path).Trim();
        if (token.Length < LeastToken) throw new UsageException($"--token-file {path}: a token of {token.Length} characters, expected at least {LeastToken}");
        return token.All(c => c is > ' ' and <= '~') ? token : throw new UsageException($"--token-file {path}: expected printable characters without spaces");
    }

    /// <summary>Whether one of the addresses is reached from other machines without encryption.</summary>
    public bool IsPlainOutside => Urls.Any(url => !IsLoopback(url) && url.StartsWith("http:", StringComparison.OrdinalIgnoreCase));

    /// <summary>Checks that the options go together.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public void Validate()
    {
        if (Runs.GroupBy(NameOf, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UsageException($"two runs are named {twice.Key}: {string.Join(", ", twice)}; rename one of the folders");
        foreach (string url in Urls)
        {
            if (!IsLoopback(url) && Token is null)
                throw new UsageException($"--urls {url}: other machines would reach it; give --token-file FILE as well, a token that requests must carry");
        }
        foreach (var (name, folder) in Watches)
        {
            if (!Runs.Any(run => NameOf(run) == name)) throw new UsageException($"--watch {name}={folder}: no run of that name is served");
            if (!Directory.Exists(folder)) throw new UsageException($"--watch {folder}: no such folder");
        }
    }

    private static bool IsLoopback(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            throw new UsageException($"--urls {url}: expected an address such as http://127.0.0.1:5080");
        }
        // What is no name and no address would be every address of this machine.
        bool host = address.Host is "*" or "+" || Uri.CheckHostName(address.Host) != UriHostNameType.Unknown;
        if (address.Scheme is not ("http" or "https") || address.IsUnixPipe || address.IsNamedPipe || address.PathBase.Length > 0 || !host
            || address.Port is < IPEndPoint.MinPort or > IPEndPoint.MaxPort)
            throw new UsageException($"--urls {url}: expected an address such as http://127.0.0.1:5080");
        return address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
    }
}
