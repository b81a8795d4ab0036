using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using Mmrr.Serve;
using Mmrr.Serve.Limits;

namespace Mmrr.App.Tests.Serve;

/// <summary>A service on a free port of this machine, in the process of the tests, and a client of it.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private readonly Device _device;
    private readonly MmrrServer _server;

    private RunningService(Device device, MmrrServer server, ConcurrentQueue<string> log)
    {
        _device = device;
        _server = server;
        Log = log;
        Url = new Uri(server.Urls[0]);
        Client = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(100) };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    /// <summary>The lines of its log.</summary>
    public ConcurrentQueue<string> Log { get; }

    public MmrrServer Server => _server;

    public static Task<RunningService> Start(string run, ServiceLimits? limits = null, string? token = null, string? watch = null) => Start(new ServeOptions
    {
        Runs = [run],
        Urls = ["http://127.0.0.1:0"],
        Limits = limits ?? new ServiceLimits(),
        Token = token,
        Watches = watch is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [ServeOptions.NameOf(run)] = watch },
    });

    public static async Task<RunningService> Start(ServeOptions options)
    {
        var device = Device.Open("cpu");
        var log = new ConcurrentQueue<string>();
        try
        {
            return new RunningService(device, await MmrrServer.Start(options, device, log.Enqueue), log);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Posts a file to a run's path.</summary>
    public Task<HttpResponseMessage> Post(string path, byte[] file, CancellationToken stop = default) =>
        Client.PostAsync(new Uri(path, UriKind.Relative), new ByteArrayContent(file), stop);

    /// <summary>The answer's status and JSON.</summary>
    public async Task<(int Status, JsonElement Json)> PostJson(string path, byte[] file)
    {
        using var answer = await Post(path, file);
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    public Task<JsonElement> GetJson(string path) => Client.GetFromJsonAsync<JsonElement>(new Uri(path, UriKind.Relative));

    /// <summary>Waits until something holds; fails after a long time only.</summary>
    public static async Task Until(Func<Task<bool>> holds, string what)
    {
        for (int i = 0; i < 1200; i++)
        {
            if (await holds()) return;
            await Task.Delay(50);
        }
        Xunit.Assert.Fail($"{what} does not come to hold");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        _device.Dispose();
    }
}
