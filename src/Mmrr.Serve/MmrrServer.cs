using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mmrr.Serve.Batching;
using Mmrr.Serve.Http;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Metrics;
using Mmrr.Serve.Reviews;
using Mmrr.Serve.Runs;
using Mmrr.Serve.Watching;
using Mmrr.Training.Data;

namespace Mmrr.Serve;

/// <summary>The service of trained runs. <see cref="DisposeAsync"/> finishes what was begun.</summary>
internal sealed class MmrrServer : IAsyncDisposable
{
    private static readonly TimeSpan s_refresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_stop = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly ServiceState _state;
    private readonly DecodeGate _gate;
    private readonly ScoringDevices _devices;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _background;

    private MmrrServer(WebApplication app, ServiceState state, DecodeGate gate, ScoringDevices devices)
    {
        _app = app;
        _state = state;
        _gate = gate;
        _devices = devices;
        Urls = [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        _background = Task.WhenAll(
            [Refresh(), .. state.Runs.Values.Select(place => place.Watch).OfType<FolderWatch>().Select(watch => watch.Run(_stop.Token))]);
    }

    /// <summary>The addresses that it listens on, with their ports.</summary>
    public IReadOnlyList<string> Urls { get; }

    /// <summary>What its answers are made from.</summary>
    public ServiceState State => _state;

    /// <summary>Loads the runs and starts to listen.</summary>
    /// <param name="options">The options.</param>
    /// <param name="device">The device, which the caller disposes after the server.</param>
    /// <param name="log">Receives a line for each event; from any thread.</param>
    /// <exception cref="UsageException">The options contradict each other.</exception>
    /// <exception cref="IOException">A run cannot be read, or an address is in use.</exception>
    /// <exception cref="InvalidDataException">A run is damaged.</exception>
    public static async Task<MmrrServer> Start(ServeOptions options, Device device, Action<string> log)
    {
        options.Validate();
        var limits = options.Limits;
        var metrics = new ServiceMetrics();
        var runs = new List<ServedRun>();
        var gate = new DecodeGate(limits.Pixels);
        var devices = new ScoringDevices(device);
        var queue = new ScoreQueue(limits, devices.Lanes, metrics.Batch);
        try
        {
            foreach (string run in options.Runs) runs.Add(new ServedRun(run, devices));
            var memory = new Room(limits.MemoryBytes);
            var pictures = new PictureScorer(queue, gate, memory);
            var state = new ServiceState(
                runs.ToDictionary(run => run.Name, run => new RunPlace(run, new ReviewBook(run), Watch(run))), queue, pictures, memory, limits, metrics,
                $"{device.Name} ({device.Description})", log);
            var app = Build(options, state);
            await Listen(app);
            return new MmrrServer(app, state, gate, devices);

            FolderWatch? Watch(ServedRun run) => options.Watches.GetValueOrDefault(run.Name) is { } folder
                ? new FolderWatch(folder, limits.BodyBytes, (file, stop) => ScoreWatched(run, file, stop), log)
                : null;

            async Task<Answers.ScoreAnswer> ScoreWatched(ServedRun run, byte[] file, CancellationToken stop)
            {
                using var place = queue.Places.TryTake(1) ?? throw RefusedException.Busy("the queue is full");
                using var share = memory.TryTake(file.Length) ?? throw RefusedException.Busy("the memory for images is full");
                var loaded = run.Enter();
                try
                {
                    var picture = await pictures.Score(loaded, file, stop);
                    metrics.Image(run.Name, picture.Score.Anomalous);
                    return ScoreAnswers.Of(loaded, picture, null);
                }
                finally
                {
                    loaded.Leave();
                }
            }
        }
        catch
        {
            queue.Dispose();
            gate.Dispose();
            foreach (var run in runs) run.Dispose();
            devices.Dispose();
            throw;
        }
    }

    /// <summary>Takes no more requests, finishes those that were begun, and frees the runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using (var limit = new CancellationTokenSource(s_stop)) await _app.StopAsync(limit.Token);
        await _background;
        await _app.DisposeAsync();
        _state.Queue.Dispose();
        foreach (var place in _state.Runs.Values) place.Run.Dispose();
        _devices.Dispose();
        _gate.Dispose();
        _stop.Dispose();
    }

    private static async Task Listen(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            // Of Kestrel and its configuration: no certificate, a port that may not be used, an address that is none of this machine.
            if (e is InvalidOperationException or SocketException or CryptographicException)
                throw new UsageException($"--urls: {e.Message.ReplaceLineEndings(" ")}");
            throw;
        }
    }

    private static WebApplication Build(ServeOptions options, ServiceState state)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "mmrr" });
        builder.Configuration.AddEnvironmentVariables();
        var kestrel = builder.Configuration.GetSection("Kestrel");
        if (kestrel.GetSection("Endpoints").Exists())
            throw new UsageException("Kestrel__Endpoints is set in the environment, which would listen elsewhere than --urls says; unset it");
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseUrls([.. options.Urls]).ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Configure(kestrel);
            server.Limits.MaxRequestBodySize = state.Limits.BodyBytes;
            server.Limits.MaxConcurrentConnections = state.Limits.Connections;
            server.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        });
        builder.Services.AddRoutingCore().AddSingleton<IHostLifetime, NoSignals>();
        // A lambda: the generator of the descriptions does not see a method's name.
        builder.Services.AddOpenApi(document => ApiDocument.Describe(document, hasToken: options.Token is not null));
        // Of the document's schemas; answers are written by AnswerJson.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_stop);
        var app = builder.Build();
        app.Use((context, next) => AnswerTime.Limit(context, next, state.Limits.AnswerTime));
        app.Use((context, next) => new ErrorAnswers(state.Log).Answer(context, next));
        var check = new TokenCheck(options.Token);
        app.Use(check.Check);
        app.UseRouting();
        Routes.Map(app, state);
        app.UseEndpoints(_ => { });
        return app;
    }

    private async Task Refresh()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(s_refresh, _stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            foreach (var place in _state.Runs.Values)
            {
                if (await Task.Run(place.Run.Refresh) is not { } line) continue;
                _state.Metrics.Reload(failed: place.Run.Problem is not null);
                _state.Log(line);
            }
        }
    }

    /// <summary>The program handles signals itself.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
