using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Nn;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary>What happens while the service runs: runs are replaced, people review, images arrive, and it is told to end.</summary>
[Collection(OutsideTests.Name)]
public sealed class ServiceLifeTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AReplacedRunIsLoadedAndABrokenOneIsNot()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]), weights = Path.Combine(run, "refinement.safetensors");
        byte[] image = await File.ReadAllBytesAsync(Picture(1));
        await using var service = await RunningService.Start(run);
        async Task<(double Score, double Threshold)> Ask()
        {
            var (status, json) = await service.PostJson("/v1/runs/run/score", image);
            Assert.Equal(200, status);
            return (json.GetProperty("score").GetDouble(), json.GetProperty("threshold").GetDouble());
        }
        async Task<string> Health() => (await service.GetJson("/healthz")).GetProperty("status").GetString()!;
        var first = await Ask();

        // Requests go on all the time; none of them sees anything but the one or the other.
        using var stop = new CancellationTokenSource();
        var asking = Task.Run(async () =>
        {
            var seen = new HashSet<double>();
            while (!stop.IsCancellationRequested) seen.Add((await Ask()).Threshold);
            return seen;
        });

        byte[] good = await File.ReadAllBytesAsync(weights);
        await File.WriteAllBytesAsync(weights, good[..^100]);
        await RunningService.Until(async () => await Health() == "degraded", "a degraded service");
        Assert.Equal(first, await Ask());
        Assert.Contains(service.Log, line => line.Contains("refinement.safetensors", StringComparison.Ordinal));
        Assert.Contains(service.Log, line => line.Contains("stays in use", StringComparison.Ordinal));
        string problem = Assert.Single((await service.GetJson("/healthz")).GetProperty("problems").EnumerateArray()).GetString()!;
        Assert.Contains("refinement.safetensors", problem, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(weights, good);
        await RunningService.Until(async () => await Health() == "ok", "a mended service");
        Assert.Equal(first, await Ask());

        MmrrProgram.Run("threshold", run, "--value", "0.5").Ends(0);
        await RunningService.Until(async () => (await Ask()).Threshold == 0.5, "the new threshold");
        Assert.Equal(first.Score, (await Ask()).Score);
        Assert.Equal(3, (await service.GetJson("/v1/runs")).GetProperty("runs")[0].GetProperty("version").GetInt32());

        await stop.CancelAsync();
        Assert.Superset(await asking, new HashSet<double> { first.Threshold, 0.5 });
        string metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Contains("mmrr_reloads_total{result=\"loaded\"} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains("mmrr_reloads_total{result=\"failed\"} 1\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReviewsAreKeptBesideTheRunAndTrainOnItsList()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]);
        var before = TrainedRuns.Contents(run);
        await using (var service = await RunningService.Start(run))
        {
            async Task<JsonElement> Review(int seed, string verdict, string reviewer, string name)
            {
                string query = $"verdict={verdict}&reviewer={Uri.EscapeDataString(reviewer)}&image={Uri.EscapeDataString(name)}";
                using var answer = await service.Post($"/v1/runs/run/reviews?{query}", await File.ReadAllBytesAsync(Picture(seed)));
                Assert.Equal(201, (int)answer.StatusCode);
                return await answer.Content.ReadFromJsonAsync<JsonElement>();
            }
            // Several at once, and one of them twice.
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Review(i, i < 6 ? "normal" : "anomalous", "Ana", $"part, \"{i}\".png")));
            await Review(3, "anomalous", "Bo b", "=1+1");
            var (_, scored) = await service.PostJson("/v1/runs/run/score", await File.ReadAllBytesAsync(Picture(3)));
            var kept = (await service.GetJson("/v1/runs/run/reviews")).GetProperty("reviews").EnumerateArray()
                .Single(r => r.GetProperty("sha256").GetString() == scored.GetProperty("sha256").GetString());
            Assert.Equal(("anomalous", "Bo b"), (kept.GetProperty("verdict").GetString(), kept.GetProperty("reviewer").GetString()));
            Assert.Equal(scored.GetProperty("score").GetDouble(), kept.GetProperty("score").GetDouble());
            Assert.Equal(scored.GetProperty("threshold").GetDouble(), kept.GetProperty("threshold").GetDouble());
        }
        Assert.Equal(before, TrainedRuns.Contents(run));
        string[] lines = await File.ReadAllLinesAsync(_folder["run.reviews/reviews.csv"]);
        Assert.Equal("time,reviewer,image,sha256,score,threshold,decision,verdict", lines[0]);
        Assert.Equal(10, lines.Length);
        Assert.Contains("\"part, \"\"5\"\".png\"", string.Concat(lines), StringComparison.Ordinal);
        // A spreadsheet would compute it.
        Assert.Contains(",'=1+1,", lines[^1], StringComparison.Ordinal);

        // A line that a loss of power has cut does not join the next one.
        await File.AppendAllTextAsync(_folder["run.reviews/reviews.csv"], "2026-01-01T00:00:00Z,An");
        await using (var service = await RunningService.Start(run))
        {
            using var answer = await service.Post("/v1/runs/run/reviews?verdict=normal&reviewer=Ana&image=last", await File.ReadAllBytesAsync(Picture(9)));
            Assert.Equal(201, (int)answer.StatusCode);
            Assert.Equal(9, (await service.GetJson("/v1/runs/run/reviews")).GetProperty("reviews").GetArrayLength());
        }
        string list = _folder["run.reviews/train.csv"];
        // The images that the run was trained with, of those of the folder that are not tests, and the six that were accepted.
        string[] rows = await File.ReadAllLinesAsync(list);
        Assert.Equal(6, rows.Count(row => row.StartsWith("images/", StringComparison.Ordinal) && row.EndsWith(",normal,train", StringComparison.Ordinal)));
        Assert.Equal(3, rows.Count(row => row.EndsWith(",abnormal,test", StringComparison.Ordinal)));
        Assert.Contains(rows, row => row.StartsWith('/') && row.EndsWith(",normal,train", StringComparison.Ordinal));
        MmrrProgram.Run(["train", "--data", "csv", "--root", list, "--epochs", "1", .. TrainedRuns.Tiny, "--out", _folder["again"]]).Ends(0);
        Assert.NotNull(Calibration.Find(_folder["again"]));
    }

    [Fact]
    public async Task AReviewThatCannotBeKeptSaysSo()
    {
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]);
        await File.WriteAllTextAsync(_folder["run.reviews"], "a file in the way");
        await using var service = await RunningService.Start(run);
        using var answer = await service.Post("/v1/runs/run/reviews?verdict=normal&reviewer=Ana", await File.ReadAllBytesAsync(Picture(1)));
        Assert.Equal(507, (int)answer.StatusCode);
        Assert.Contains("run.reviews", Assert.Single(service.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ImagesOfAWatchedFolderAreScoredOnce()
    {
        Directory.CreateDirectory(_folder["in"]);
        await using var service = await RunningService.Start(runs.FolderRun, watch: _folder["in"]);
        string path = $"/v1/runs/{Path.GetFileName(runs.FolderRun)}/watched";
        Assert.Equal(0, (await service.GetJson(path)).GetProperty("last").GetInt64());
        File.Copy(Picture(1), _folder["in/a.png"]);
        _folder.Write("in/sub/broken.png", "no image"u8);
        _folder.Write("in/notes.txt", "no image"u8);
        JsonElement answer = default;
        await RunningService.Until(async () => (answer = await service.GetJson(path)).GetProperty("last").GetInt64() == 2, "two watched images");
        var images = answer.GetProperty("images").EnumerateArray().OrderBy(i => i.GetProperty("name").GetString(), StringComparer.Ordinal).ToArray();
        Assert.Equal(["a.png", "sub/broken.png"], images.Select(i => i.GetProperty("name").GetString()));
        string row = MmrrProgram.Run("score", runs.FolderRun, Picture(1), "--device", "cpu").Ends(0).OutputLines[1].Split(',')[1];
        Assert.Equal(row, images[0].GetProperty("result").GetProperty("score").GetDouble().ToString("R", CultureInfo.InvariantCulture));
        Assert.Contains("expected PNG", images[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        string number = images[0].GetProperty("number").GetRawText();
        Assert.Equal(await File.ReadAllBytesAsync(Picture(1)), await service.Client.GetByteArrayAsync(new Uri($"{path}/{number}/image", UriKind.Relative)));
        byte[] heatmap = await service.Client.GetByteArrayAsync(new Uri($"{path}/{number}/heatmap", UriKind.Relative));
        var (_, scored) = await service.PostJson($"/v1/runs/{Path.GetFileName(runs.FolderRun)}/score?heatmap=png", await File.ReadAllBytesAsync(Picture(1)));
        Assert.Equal(scored.GetProperty("heatmap").GetBytesFromBase64(), heatmap);

        // Only what changes is scored again; numbers below the last one are not told again.
        File.Copy(Picture(2), _folder["in/a.png"], overwrite: true);
        await RunningService.Until(async () => (await service.GetJson($"{path}?after=2")).GetProperty("images").GetArrayLength() == 1, "the changed image");
        Assert.Equal(3, (await service.GetJson(path)).GetProperty("last").GetInt64());
        using var gone = await service.Client.GetAsync(new Uri($"{path}/99/image", UriKind.Relative));
        Assert.Equal(404, (int)gone.StatusCode);
    }

    [Fact]
    public async Task ToldToEndItFinishesWhatWasBegun()
    {
        Signals.Need("TERM");
        using var process = MmrrProcess.Start(
            new Dictionary<string, string>(), "serve", runs.FolderRun, "--urls", "http://127.0.0.1:0", "--device", "cpu");
        string line = (await process.StandardOutput.ReadLineAsync())!;
        Assert.StartsWith("serving ", line, StringComparison.Ordinal);
        using var client = new HttpClient { BaseAddress = new Uri(line.Split(" at ")[1].Split(';')[0]) };
        byte[] image = await File.ReadAllBytesAsync(Picture(1));
        // The end of the body is sent after the signal.
        using var signalled = new SemaphoreSlim(0);
        var begun = new TaskCompletionSource();
        var request = client.PostAsync(
            new Uri($"/v1/runs/{Path.GetFileName(runs.FolderRun)}/score", UriKind.Relative), new SlowContent(image, begun, signalled));
        await begun.Task;
        await Task.Delay(200);
        Signals.Send(process, "TERM");
        await Task.Delay(500);
        signalled.Release();
        using var answer = await request;
        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Empty(MmrrProcess.Finish(process).Ends(0).ErrorLines);
    }

    [Fact]
    public async Task TlsIsKestrels()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(
            "CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(_folder["cert.pem"], certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
        string[] command = ["serve", runs.FolderRun, "--urls", "https://127.0.0.1:0", "--device", "cpu"];
        MmrrProcess.Run(command).Refuses("--urls", "certificate");
        var environment = new Dictionary<string, string>
        {
            ["Kestrel__Certificates__Default__Path"] = _folder["cert.pem"],
            ["Kestrel__Certificates__Default__KeyPath"] = _folder["key.pem"],
        };
        using var process = MmrrProcess.Start(environment, command);
        string line = (await process.StandardOutput.ReadLineAsync())!;
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, sent, _, _) => sent?.Thumbprint == certificate.Thumbprint,
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(line.Split(" at ")[1].Split(';')[0]) };
        Assert.Equal("https", client.BaseAddress.Scheme);
        Assert.Contains("\"ok\"", await client.GetStringAsync(new Uri("/healthz", UriKind.Relative)), StringComparison.Ordinal);
        Signals.Send(process, "TERM");
        MmrrProcess.Finish(process).Ends(0);
        // Endpoints of the environment would listen elsewhere.
        MmrrProcess.Run(new Dictionary<string, string> { ["Kestrel__Endpoints__A__Url"] = "http://0.0.0.0:5099" }, command).Refuses("Kestrel__Endpoints");
    }

    private string Picture(int seed)
    {
        if (File.Exists(_folder[$"{seed}.png"])) return _folder[$"{seed}.png"];
        var pixels = new byte[9 * 12 * 3];
        new Random(seed).NextBytes(pixels);
        return _folder.WritePicture($"{seed}.png", 9, 12, 3, pixels);
    }

    private sealed class SlowContent(byte[] bytes, TaskCompletionSource begun, SemaphoreSlim rest) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, 20));
            await stream.FlushAsync();
            begun.SetResult();
            await rest.WaitAsync();
            await stream.WriteAsync(bytes.AsMemory(20));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
