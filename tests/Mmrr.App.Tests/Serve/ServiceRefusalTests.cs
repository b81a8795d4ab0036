using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Serve;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary>What the service is sent by mistake or by malice: the right status code, and nothing of it is kept.</summary>
[Collection(OutsideTests.Name)]
public sealed class ServiceRefusalTests(TrainedRuns runs) : IDisposable
{
    private const string Token = "correct-horse-battery";
    private readonly TemporaryFolder _folder = new();

    private string ScorePath => $"/v1/runs/{Path.GetFileName(runs.FolderRun)}/score";

    private byte[] Image => File.ReadAllBytes(_folder.WritePlain("image.png", 9, 12, 200, 10, 10));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task EachMistakeHasItsStatus()
    {
        await using var service = await RunningService.Start(runs.FolderRun);
        byte[] image = Image;
        (int Status, string Word, string Path, byte[] Body)[] mistakes =
        [
            (404, "no run 'other'", "/v1/runs/other/score", image),
            (400, "heatmap is 'jpg'", $"{ScorePath}?heatmap=jpg", image),
            (400, "map is 'png'", $"{ScorePath}?map=png", image),
            (400, "side is 5", $"{ScorePath}?heatmap=png&side=5", image),
            (400, "parameter", $"{ScorePath}?side=x", image),
            (400, "empty", ScorePath, []),
            (415, "expected PNG", ScorePath, "no image"u8.ToArray()),
            (415, "GIF", ScorePath, "GIF89a"u8.ToArray()),
            (422, "PNG", ScorePath, image[..^9]),
            (422, "mmrr made", ScorePath, OwnOutput.EncodePng(new byte[64], 8, 8, 1)),
            (422, "at most", ScorePath, Encoding.ASCII.GetBytes("P5 20000 20000 255\n")),
            (404, "there is no POST", "/v1/nothing", image),
            (405, "there is no POST", "/v1/runs", image),
            (400, "verdict", $"/v1/runs/{Path.GetFileName(runs.FolderRun)}/reviews?reviewer=a", image),
            (400, "reviewer", $"/v1/runs/{Path.GetFileName(runs.FolderRun)}/reviews?verdict=normal&reviewer=%3D1", image),
            (404, "watch", $"/v1/runs/{Path.GetFileName(runs.FolderRun)}/watched", []),
        ];
        foreach (var (status, word, path, body) in mistakes)
        {
            bool get = path.EndsWith("watched", StringComparison.Ordinal);
            using var answer = get ? await service.Client.GetAsync(new Uri(path, UriKind.Relative)) : await service.Post(path, body);
            string text = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!;
            Assert.True((int)answer.StatusCode == status && text.Contains(word, StringComparison.Ordinal), $"{path}: {(int)answer.StatusCode} {text}");
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }
        await AssertUnharmed(service);
        Assert.Empty(service.Log);
    }

    [Fact]
    public async Task AFullQueueAnswers503AndAClientThatWaitsGetsItsScore()
    {
        await using var service = await RunningService.Start(runs.FolderRun, new ServiceLimits { Queue = 2 });
        using (service.Server.State.Queue.Places.TryTake(2))
        {
            using var busy = await service.Post(ScorePath, Image);
            Assert.Equal(503, (int)busy.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(1), busy.Headers.RetryAfter?.Delta);
        }
        byte[] image = Image;
        int refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async _ =>
        {
            while (true)
            {
                using var answer = await service.Post(ScorePath, image);
                if (answer.StatusCode == HttpStatusCode.OK) return;
                Assert.Equal(503, (int)answer.StatusCode);
                Interlocked.Increment(ref refused);
                await Task.Delay(20);
            }
        }));
        await AssertUnharmed(service);
        string metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains($"code=\"503\"}} {refused + 1}\n", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BodiesOf200MegabytesAreRefused(bool announced)
    {
        await using var service = await RunningService.Start(runs.FolderRun);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 3; i++)
        {
            using var connection = await Connect(service);
            string length = announced ? "Content-Length: 209715200" : "Transfer-Encoding: chunked";
            await connection.Send($"POST {ScorePath} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n");
            var reading = connection.FirstLine();
            var chunk = new byte[1 << 20];
            for (int sent = 0; sent < 200 && !reading.IsCompleted; sent++)
            {
                try
                {
                    if (!announced) await connection.Send("100000\r\n");
                    await connection.Stream.WriteAsync(chunk);
                    if (!announced) await connection.Send("\r\n");
                }
                catch (IOException)
                {
                    break; // the service does not listen any more
                }
            }
            Assert.Contains("413", await reading, StringComparison.Ordinal);
        }
        await AssertUnharmed(service);
        // Less than one of these bodies: what was sent is not kept. Tests beside this one hold memory for a while too.
        await RunningService.Until(() => Task.FromResult(GC.GetTotalMemory(forceFullCollection: true) - before <= 64L << 20), "memory without the bodies");
    }

    [Fact]
    public async Task SlowSendersAndCutConnectionsHoldNothing()
    {
        await using var service = await RunningService.Start(runs.FolderRun, new ServiceLimits { BodyTime = TimeSpan.FromSeconds(1) });
        using (var slow = await Connect(service))
        {
            await slow.Send($"POST {ScorePath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\nfirst bytes");
            Assert.Contains("408", await slow.FirstLine(), StringComparison.Ordinal);
        }
        for (int i = 0; i < 20; i++)
        {
            var cut = await Connect(service);
            await cut.Send($"POST {ScorePath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Image.Length}\r\n\r\n");
            // Some end within the body, some when all was sent and the score is under way.
            await cut.Stream.WriteAsync(Image.AsMemory(0, i % 2 == 0 ? 40 : Image.Length));
            cut.Dispose();
        }
        await AssertUnharmed(service);
        Assert.Empty(service.Log);
    }

    [Fact]
    public async Task WithATokenNothingIsToldWithoutIt()
    {
        await using var service = await RunningService.Start(runs.FolderRun, token: Token);
        foreach (string path in new[] { "/v1/runs", "/metrics", ScorePath, "/v1/nothing" })
        {
            string?[] wrong = [null, "Bearer", "Bearer correct-horse-batter",
                $"Bearer {Token}x", $"Basic {Token}", $"Bearer {Token.ToUpperInvariant()}"];
            foreach (string? given in wrong)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                if (given is not null) request.Headers.TryAddWithoutValidation("Authorization", given);
                using var answer = await service.Client.SendAsync(request);
                Assert.Equal(401, (int)answer.StatusCode);
                Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.ToString());
            }
        }
        // Neither in the address.
        using (var query = await service.Client.GetAsync(new Uri($"/v1/runs?token={Token}", UriKind.Relative))) Assert.Equal(401, (int)query.StatusCode);
        // The page itself holds nothing, and asks for the token.
        Assert.Contains("<title>", await service.Client.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Equal("ok", (await service.GetJson("/healthz")).GetProperty("status").GetString());
        service.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        await AssertUnharmed(service);
        Assert.DoesNotContain(service.Log, line => line.Contains(Token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PagesOfOthersDoNotReachAServiceOfThisMachine()
    {
        await using var service = await RunningService.Start(runs.FolderRun);
        async Task<int> Status(string? origin, string? host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/runs");
            if (origin is not null) request.Headers.Add("Origin", origin);
            if (host is not null) request.Headers.Host = host;
            using var answer = await service.Client.SendAsync(request);
            return (int)answer.StatusCode;
        }
        Assert.Equal(200, await Status($"http://127.0.0.1:{service.Url.Port}", null));
        Assert.Equal(403, await Status("https://example.com", null));
        Assert.Equal(403, await Status("null", null));
        // A name of another's that was made to lead here.
        Assert.Equal(421, await Status(null, "example.com"));
        Assert.Equal(200, await Status(null, "localhost"));
        Assert.Equal(200, await Status(null, "LocalHost:1"));
        using var twice = new HttpRequestMessage(HttpMethod.Get, "/v1/runs");
        twice.Headers.Add("Origin", ["https://example.com", "https://example.com"]);
        using var refused = await service.Client.SendAsync(twice);
        Assert.Equal(403, (int)refused.StatusCode);
    }

    [Theory]
    [InlineData("--token-file", "RUN --urls http://0.0.0.0:0")]
    [InlineData("--token-file", "RUN --urls http://*:0")]
    [InlineData("expected an address", "RUN --urls 5080")]
    [InlineData("expected an address", "RUN --urls ftp://localhost:5080")]
    [InlineData("expected an address", "RUN --urls http://127.0.0.1:99999")]
    [InlineData("expected an address", "RUN --urls http://127.0.0.1:-1")]
    [InlineData("expected an address", "RUN --urls http://127.0.0.1:x")]
    [InlineData("at least 16", "RUN --token-file short")]
    [InlineData("without spaces", "RUN --token-file spaced")]
    [InlineData("no such folder", "RUN --watch missing")]
    [InlineData("NAME=DIR", "RUN RUN2 --watch in")]
    [InlineData("two runs", "RUN RUN")]
    [InlineData("not a run", "missing")]
    [InlineData("--queue", "RUN --queue 0")]
    [InlineData("--port", "RUN --port 80")]
    public void OptionsThatCannotBe(string word, string arguments)
    {
        _folder.Write("short", "secret"u8);
        _folder.Write("spaced", "a token that has spaces"u8);
        Directory.CreateDirectory(_folder["in"]);
        string[] words = [.. arguments.Split(' ').Select(a => a switch
        {
            "RUN" => runs.FolderRun, "RUN2" => runs.MnistRun, "short" or "spaced" or "missing" or "in" => _folder[a], _ => a,
        })];
        MmrrProgram.Run(["serve", .. words, "--device", "cpu"]).Refuses(word);
    }

    [Fact]
    public void AnAddressInUseIsNamed()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        MmrrProgram.Run("serve", runs.FolderRun, "--urls", url, "--device", "cpu").Refuses("address already in use");
    }

    private async Task AssertUnharmed(RunningService service)
    {
        var (status, _) = await service.PostJson(ScorePath, Image);
        Assert.Equal(200, status);
        var state = service.Server.State;
        await RunningService.Until(
            () => Task.FromResult(state.Queue.Places.Taken == 0 && state.Memory.Taken == 0),
            string.Create(CultureInfo.InvariantCulture, $"an empty queue and memory ({state.Queue.Places.Taken}, {state.Memory.Taken})"));
    }

    private static async Task<RawConnection> Connect(RunningService service)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, service.Url.Port);
        return new RawConnection(client);
    }

    private sealed class RawConnection(TcpClient client) : IDisposable
    {
        public NetworkStream Stream { get; } = client.GetStream();

        public Task Send(string text) => Stream.WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

        public async Task<string> FirstLine()
        {
            var line = new StringBuilder();
            var one = new byte[1];
            while (await Stream.ReadAsync(one) == 1 && one[0] != '\n') line.Append((char)one[0]);
            return line.ToString();
        }

        public void Dispose() => client.Dispose();
    }
}
