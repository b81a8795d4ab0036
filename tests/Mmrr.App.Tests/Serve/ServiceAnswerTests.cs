using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Nn;
using Mmrr.Serve.Answers;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Runs;
using Mmrr.Serve.Watching;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary>Answers that are large, that nobody takes, that fail in part, and how they are counted.</summary>
[Collection(OutsideTests.Name)]
public sealed class ServiceAnswerTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Name => Path.GetFileName(runs.FolderRun);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AFormsMapsTakeNoMoreThanTheMemoryForThem()
    {
        // A map of 250 x 250 takes 625,000 bytes with its text; the second one does not fit.
        byte[] image = await File.ReadAllBytesAsync(_folder.WritePlain("plain.png", 250, 250, 90, 90, 90));
        await using var service = await RunningService.Start(runs.FolderRun, new ServiceLimits { MemoryBytes = 1 << 20 });
        using var form = new MultipartFormDataContent();
        for (int i = 0; i < 3; i++) form.Add(new ByteArrayContent(image), "image", $"{i}.png");
        using var answer = await service.Client.PostAsync(new Uri($"/v1/runs/{Name}/score?map=raw", UriKind.Relative), form);
        Assert.Equal(200, (int)answer.StatusCode);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(1, json.GetProperty("results").GetArrayLength());
        Assert.All(json.GetProperty("errors").EnumerateArray(), e => Assert.Equal(503, e.GetProperty("status").GetInt32()));
        Assert.Equal(2, json.GetProperty("errors").GetArrayLength());
        await Released(service);
    }

    [Fact]
    public async Task AnAnswerThatNobodyTakesIsGivenUp()
    {
        // Its text has 22 MB, more than what lies between the two ends.
        byte[] image = await File.ReadAllBytesAsync(_folder.WritePlain("plain.png", 2048, 2048, 90, 90, 90));
        await using var service = await RunningService.Start(runs.FolderRun, new ServiceLimits { AnswerTime = TimeSpan.FromMilliseconds(300) });
        using var client = new TcpClient { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(service.Url.Host, service.Url.Port);
        var stream = client.GetStream();
        string head = $"POST /v1/runs/{Name}/score?map=raw HTTP/1.1\r\nHost: {service.Url.Authority}\r\nContent-Length: {image.Length}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head).Concat(image).ToArray());
        var piece = new byte[4096];
        Assert.True(await stream.ReadAsync(piece) > 0);
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(piece), StringComparison.Ordinal);
        await Released(service);
        long rest = 0;
        try
        {
            while (await stream.ReadAsync(piece) is > 0 and var count) rest += count;
        }
        catch (IOException)
        {
            // The connection is reset.
        }
        Assert.InRange(rest, 0, 20_000_000);
    }

    [Fact]
    public async Task RequestsAreCountedByTheStatusOfTheirAnswer()
    {
        await using var service = await RunningService.Start(runs.FolderRun);
        using var form = new MultipartFormDataContent();
        form.Add(new ByteArrayContent("no image"u8.ToArray()), "image", "a.png");
        using var answer = await service.Client.PostAsync(new Uri($"/v1/runs/{Name}/score", UriKind.Relative), form);
        Assert.Equal(415, (int)answer.StatusCode);
        string metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains($"mmrr_requests_total{{run=\"{Name}\",code=\"415\"}} 1\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("code=\"200\"", metrics, StringComparison.Ordinal);

        // A client that is cut off is none of the service's errors.
        using (var client = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(service.Url.Host, service.Url.Port);
            string head = $"POST /v1/runs/{Name}/score HTTP/1.1\r\nHost: {service.Url.Authority}\r\nContent-Length: 1000\r\n\r\nbytes";
            await client.SendAsync(Encoding.ASCII.GetBytes(head));
            await RunningService.Until(() => Task.FromResult(service.Server.State.Memory.Taken == 5), "the body's beginning");
            // With a reset. A TcpClient would end its stream before, and a body that ends too early is a bad request.
            client.Close(timeout: 0);
        }
        await RunningService.Until(
            async () => (await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Contains("code=\"499\"} 1\n", StringComparison.Ordinal),
            "a request that was cut off");
        Assert.Empty(service.Log);
    }

    [Fact]
    public async Task ReviewsThatAnotherProgramHoldsAreToldOf()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]), path = Path.Combine(_folder["run.reviews"], "reviews.csv");
        byte[] image = await File.ReadAllBytesAsync(_folder.WritePlain("plain.png", 9, 12, 90, 90, 90));
        await using var service = await RunningService.Start(run);
        var reviews = new Uri("/v1/runs/run/reviews", UriKind.Relative);
        using (var kept = await service.Post("/v1/runs/run/reviews?verdict=normal&reviewer=Ana&image=p\u00fc%F0%9F%98%80.png", image))
            Assert.Equal("p\u00fc\ud83d\ude00.png", (await kept.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("image").GetString());
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            using var held = await service.Client.GetAsync(reviews);
            Assert.Equal(503, (int)held.StatusCode);
            Assert.Contains("reviews.csv", (await held.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        Assert.Equal(1, (await service.GetJson(reviews.ToString())).GetProperty("reviews").GetArrayLength());
        Assert.Empty(service.Log);
    }

    [Fact]
    public async Task AWatchedImageThatFailsLeavesTheOthers()
    {
        for (int i = 0; i < 20; i++) _folder.WritePlain($"in/{i:00}.png", 8, 8, (byte)i, (byte)i, (byte)i);
        var log = new System.Collections.Concurrent.ConcurrentQueue<string>();
        int asked = 0;
        var watch = new FolderWatch(
            _folder["in"], 1 << 20,
            async (_, stop) =>
            {
                await Task.Delay(10, stop);
                return Interlocked.Increment(ref asked) == 1 ? throw new InvalidOperationException("a fault")
                    : new ScoreAnswer(null, 1, 1, null, null, "paper", null, 8, 8, 0, "", 1);
            },
            log.Enqueue);
        using var end = new CancellationTokenSource();
        var running = watch.Run(end.Token);
        await RunningService.Until(() => Task.FromResult(watch.After(0).Last == 20), "twenty watched images");
        await end.CancelAsync();
        await running;
        Assert.Equal(19, watch.After(0).Images.Count(i => i.Error is null));
        Assert.Contains("a fault", Assert.Single(log), StringComparison.Ordinal);
    }

    [Fact]
    public void ARunOfAnyMethodThatChangesIsNoticed()
    {
        string run = Directory.CreateDirectory(_folder["run"]).FullName;
        foreach (string file in AnomalyMethods.CheckpointFiles)
        {
            string before = RunFiles.State(run);
            _folder.Write($"run/{file}", "weights"u8);
            Assert.NotEqual(before, RunFiles.State(run));
        }
    }

    private static async Task Released(RunningService service)
    {
        var state = service.Server.State;
        await RunningService.Until(() => Task.FromResult(state.Queue.Places.Taken == 0 && state.Memory.Taken == 0), "memory that is free again");
    }
}
