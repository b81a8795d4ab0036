using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using Mmrr.Training.Data;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary><c>POST /v1/runs/{run}/score</c>: the scores of <c>mmrr score</c>, whoever else asks.</summary>
[Collection(OutsideTests.Name)]
public sealed class ServiceScoreTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => $"/v1/runs/{System.IO.Path.GetFileName(runs.FolderRun)}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ManyClientsGetTheScoresOfTheCommandLine()
    {
        string[] files = [.. Enumerable.Range(0, 12).Select(Picture)];
        string[][] expected = [.. Score(files).Select(line => line.Split(','))];
        await using var service = await RunningService.Start(runs.FolderRun);
        // Each client sends all of them in an order of its own, so that every batch has other images.
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async client =>
        {
            foreach (int i in Enumerable.Range(0, files.Length).OrderBy(i => (i * 7 + client * 5) % files.Length))
            {
                var (status, json) = await service.PostJson($"{Path}/score", await File.ReadAllBytesAsync(files[i]));
                Assert.Equal(200, status);
                AssertRow(expected[i], json);
            }
        }));
        Assert.Equal(0, service.Server.State.Queue.Places.Taken);
        Assert.Equal(0, service.Server.State.Memory.Taken);
        string metrics = await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        string run = System.IO.Path.GetFileName(runs.FolderRun);
        Assert.Contains($"mmrr_requests_total{{run=\"{run}\",code=\"200\"}} {16 * files.Length}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"mmrr_request_seconds_count{{run=\"{run}\"}} {16 * files.Length}\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"mmrr_batch_images_total {16 * files.Length}\n", metrics, StringComparison.Ordinal);
        long anomalous = 16 * expected.Count(row => row[4] == "1");
        Assert.Contains($"mmrr_images_total{{run=\"{run}\",decision=\"anomalous\"}} {anomalous}\n", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFormOfSeveralImagesIsAnsweredForEach()
    {
        string[] files = [.. Enumerable.Range(0, 5).Select(Picture)];
        string[][] expected = [.. Score(files).Select(line => line.Split(','))];
        await using var service = await RunningService.Start(runs.FolderRun);
        using var form = new MultipartFormDataContent();
        foreach (string file in files) form.Add(new ByteArrayContent(await File.ReadAllBytesAsync(file)), "image", System.IO.Path.GetFileName(file));
        form.Add(new ByteArrayContent("no image"u8.ToArray()), "image", "ä, b.txt");
        using var answer = await service.Client.PostAsync(new Uri($"{Path}/score", UriKind.Relative), form);
        Assert.Equal(200, (int)answer.StatusCode);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var results = json.GetProperty("results").EnumerateArray().ToArray();
        Assert.Equal(files.Select(System.IO.Path.GetFileName), results.Select(r => r.GetProperty("image").GetString()));
        for (int i = 0; i < files.Length; i++) AssertRow(expected[i], results[i]);
        var error = Assert.Single(json.GetProperty("errors").EnumerateArray());
        Assert.Equal(415, error.GetProperty("status").GetInt32());
        Assert.Contains("expected PNG", error.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeatmapsAndMapsAreThoseOfTheCommandLine()
    {
        string file = Picture(3);
        Score([file], "--out", _folder["out"], "--heatmaps");
        await using var service = await RunningService.Start(runs.FolderRun);
        byte[] bytes = await File.ReadAllBytesAsync(file);
        var (_, json) = await service.PostJson($"{Path}/score?heatmap=png&map=raw", bytes);
        string picture = Assert.Single(Directory.GetFiles(_folder["out/heatmaps"]));
        Assert.Equal(await File.ReadAllBytesAsync(picture), json.GetProperty("heatmap").GetBytesFromBase64());
        using var scorer = Nn.Scorer.Load(runs.FolderRun, "cpu");
        var image = ImageFile.Read(file);
        float[] map = scorer.MapOnImage(scorer.Score(image.Pixels.Bytes, image.Height, image.Width, image.Channels), image.Height, image.Width);
        Assert.Equal(map, MemoryMarshal.Cast<byte, float>(json.GetProperty("map").GetBytesFromBase64()).ToArray());

        // A smaller one, in its proportions.
        var large = _folder.WritePlain("large.png", 100, 50, 200, 10, 10);
        var (_, reduced) = await service.PostJson($"{Path}/score?heatmap=png&side=20", await File.ReadAllBytesAsync(large));
        var small = ImageFile.Decode(reduced.GetProperty("heatmap").GetBytesFromBase64());
        Assert.Equal((20, 10), (small.Height, small.Width));
    }

    [Fact]
    public async Task TiledRunsAndRunsWithoutAThresholdAreServed()
    {
        var (normal, _) = SmallData.Folders(_folder);
        string run = _folder["tiled"];
        MmrrProgram.Run("train", "--data", "folder", "--root", normal, "--epochs", "1", "--width", "16", "--tile", "8", "--resolutions", "2", "--batch", "8",
            "--device", "cpu", "--out", run).Ends(0);
        string bare = runs.Copy(runs.FolderRun, "bare");
        File.Delete(System.IO.Path.Combine(bare, "threshold.json"));
        string[] files = [.. Enumerable.Range(0, 4).Select(Picture)];
        await using var service = await RunningService.Start(new Mmrr.Serve.ServeOptions { Runs = [run, bare], Urls = ["http://127.0.0.1:0"] });
        foreach (string served in new[] { run, bare })
        {
            var rows = MmrrProgram.Run(["score", served, .. files, "--device", "cpu"]).Ends(0).OutputLines[1..].Select(line => line.Split(',')).ToArray();
            var answers = await Task.WhenAll(files.Select(
                async file => await service.PostJson($"/v1/runs/{System.IO.Path.GetFileName(served)}/score", await File.ReadAllBytesAsync(file))));
            for (int i = 0; i < files.Length; i++) AssertRow(rows[i], answers[i].Json);
        }
        var (status, json) = await service.PostJson("/v1/runs/bare/score?heatmap=png", await File.ReadAllBytesAsync(files[0]));
        Assert.Equal(409, status);
        Assert.Contains("threshold", json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        var described = (await service.GetJson("/v1/runs")).GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal(["tiled", "bare"], described.Select(r => r.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, described[1].GetProperty("threshold").ValueKind);
    }

    [Fact]
    public async Task TheDocumentNamesEveryPath()
    {
        await using var service = await RunningService.Start(runs.FolderRun);
        var document = await service.GetJson("/openapi.json");
        string[] paths = [.. document.GetProperty("paths").EnumerateObject().Select(p => p.Name)];
        Assert.Equal(
            [
                "/healthz", "/metrics", "/v1/runs", "/v1/runs/{run}/reviews", "/v1/runs/{run}/score", "/v1/runs/{run}/watched",
                "/v1/runs/{run}/watched/{number}/heatmap", "/v1/runs/{run}/watched/{number}/image",
            ],
            paths.Order(StringComparer.Ordinal));
        var score = document.GetProperty("paths").GetProperty("/v1/runs/{run}/score").GetProperty("post");
        Assert.Contains("multipart/form-data", score.GetProperty("requestBody").GetProperty("content").EnumerateObject().Select(c => c.Name));
        Assert.Contains("503", score.GetProperty("responses").EnumerateObject().Select(r => r.Name));
        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(o => o.Value).ToArray();
        foreach (var operation in operations)
        {
            Assert.NotEmpty(operation.GetProperty("summary").GetString()!);
            Assert.Contains("421", operation.GetProperty("responses").EnumerateObject().Select(r => r.Name));
            Assert.False(operation.TryGetProperty("security", out _));
            if (!operation.TryGetProperty("parameters", out var parameters)) continue;
            Assert.All(parameters.EnumerateArray(), p => Assert.NotEmpty(p.GetProperty("description").GetString()!));
        }
        var schemas = document.GetProperty("components").GetProperty("schemas");
        // An object for an image, or one for a form; everything that is referred to is there.
        var answers = score.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.Equal(2, answers.GetProperty("oneOf").GetArrayLength());
        foreach (string part in document.GetRawText().Split("\"#/components/schemas/")[1..])
            Assert.True(schemas.TryGetProperty(part[..part.IndexOf('"', StringComparison.Ordinal)], out _));
        // A number, the name of one that is not finite, or null.
        var number = schemas.GetProperty("ScoreAnswer").GetProperty("properties").GetProperty("threshold");
        Assert.False(number.TryGetProperty("type", out _));
        Assert.Equal(["number", "string", "null"], number.GetProperty("anyOf").EnumerateArray().Select(any => any.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task TheDocumentNamesTheTokenWhereThereIsOne()
    {
        await using var service = await RunningService.Start(runs.FolderRun, token: "0123456789abcdef");
        var document = await service.GetJson("/openapi.json");
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("token").GetProperty("scheme").GetString());
        var needing = document.GetProperty("paths").EnumerateObject().Where(p => p.Value.EnumerateObject().All(o => o.Value.TryGetProperty("security", out _)));
        Assert.Equal(document.GetProperty("paths").EnumerateObject().Count() - 1, needing.Count());
    }

    private static void AssertRow(string[] row, JsonElement json)
    {
        var c = CultureInfo.InvariantCulture;
        Assert.Equal(row[1..3], new[] { "score", "scoreWithoutRefinement" }.Select(n => json.GetProperty(n).GetDouble().ToString("R", c)));
        Assert.Equal(row[3], json.GetProperty("threshold") is { ValueKind: JsonValueKind.Number } t ? t.GetDouble().ToString("R", c) : "");
        Assert.Equal(row[4], json.GetProperty("anomalous").ValueKind switch { JsonValueKind.True => "1", JsonValueKind.False => "0", _ => "" });
        Assert.Equal(row[5], json.GetProperty("maxPixelScore").GetSingle().ToString("R", c));
        Assert.Equal(row[6..8], new[] { "width", "height" }.Select(n => json.GetProperty(n).GetInt32().ToString(c)));
    }

    private string[] Score(string[] files, params string[] more) =>
        MmrrProgram.Run(["score", runs.FolderRun, .. files, .. more, "--device", "cpu"]).Ends(0).OutputLines[1..];

    private string Picture(int seed)
    {
        int height = 8 + (seed % 3), width = 9 + seed;
        var pixels = new byte[height * width * 3];
        new Random(seed).NextBytes(pixels);
        return _folder.WritePicture($"{seed}.png", height, width, 3, pixels);
    }
}
