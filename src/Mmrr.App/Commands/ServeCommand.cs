using System.CommandLine;
using Mmrr.App.Output;
using Mmrr.Serve;
using Mmrr.Serve.Limits;
using Mmrr.Training.Data;
using Mmrr.Training.Fitting;

namespace Mmrr.App.Commands;

/// <summary><c>mmrr serve</c>: scores images that other programs send over HTTP, with a page for people.</summary>
internal static class ServeCommand
{
    private const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var runs = new Argument<string[]>("RUN") { Description = "Folders of runs.", Arity = ArgumentArity.OneOrMore };
        runs.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith("--", StringComparison.Ordinal)) is { } unknown)
                result.AddError($"Unrecognized option '{unknown.Value}'.");
        });
        var urls = new Option<string[]>("--urls")
        {
            HelpName = "URL",
            Description = $"Address to listen on, once for each; {DefaultUrl} when not given. Others than loopback need --token-file.",
        };
        var token = new Option<string?>("--token-file") { HelpName = "FILE", Description = "File with the token that requests must carry." };
        var watch = new Option<string[]>("--watch")
        {
            HelpName = "DIR",
            Description = "Folder whose new images are scored and shown on the page; NAME=DIR where several runs are served.",
        };
        var queue = CommonOptions.Ranged(new Option<int?>("--queue") { HelpName = "N", Description = "Most images under way; 64 when not given." }, 1, 4096);
        var wait = CommonOptions.Ranged(
            new Option<int?>("--wait")
            {
                HelpName = "MS",
                Description = "Longest wait of an image for others to be scored with; 5 ms when not given."
            },
            0, 1000);
        var body = CommonOptions.Ranged(
            new Option<int?>("--max-body") { HelpName = "MB", Description = "Largest request in megabytes; 32 when not given." }, 1, 1024);
        var device = CommonOptions.Device();
        var threads = CommonOptions.Threads();
        var precision = CommonOptions.Precision();
        var command = new Command("serve", "Score images over HTTP, with a page for people who see and overrule decisions.")
        {
            runs, urls, token, watch, queue, wait, body, device, threads, precision
        };
        CommonOptions.ThreadsNeedTheCpu(command, device, threads);
        command.SetAction(parsed =>
        {
            string[] folders = parsed.GetValue(runs)!;
            var limits = new ServiceLimits();
            limits = limits with
            {
                Queue = parsed.GetValue(queue) ?? limits.Queue,
                Wait = parsed.GetValue(wait) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : limits.Wait,
                BodyBytes = parsed.GetValue(body) is { } megabytes ? (long)megabytes << 20 : limits.BodyBytes,
            };
            var options = new ServeOptions
            {
                Runs = folders,
                Urls = parsed.GetValue(urls) is { Length: > 0 } given ? [.. given.SelectMany(url => url.Split(';'))] : [DefaultUrl],
                Token = parsed.GetValue(token) is { } file ? ServeOptions.ReadToken(file) : null,
                Watches = Watches(parsed.GetValue(watch) ?? [], folders),
                Limits = limits,
            };
            options.Validate();
            using var interruption = new Interruption();
            using var opened = DeviceChoice.Open(parsed.GetValue(device)!, parsed.GetValue(threads), CommonOptions.PrecisionOf(parsed, precision));
            Serve(options, opened, interruption.Token).GetAwaiter().GetResult();
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task Serve(ServeOptions options, Device device, CancellationToken stop)
    {
        await using var server = await MmrrServer.Start(options, device, line => Complaint.Write(line));
        if (options.IsPlainOutside) Complaint.Write("other machines reach this service without encryption, and so the token can be read on the way");
        Console.WriteLine($"serving {string.Join(", ", options.Runs.Select(ServeOptions.NameOf))} at {string.Join(", ", server.Urls)}; Ctrl-C stops it");
        await Task.Delay(Timeout.Infinite, stop).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static Dictionary<string, string> Watches(string[] given, string[] runs)
    {
        var watches = new Dictionary<string, string>();
        foreach (string text in given)
        {
            int at = text.IndexOf('=', StringComparison.Ordinal);
            bool named = at > 0 && runs.Any(run => ServeOptions.NameOf(run) == text[..at]);
            if (!named && runs.Length > 1) throw new UsageException($"--watch {text}: expected NAME=DIR with the name of one of the runs that are served");
            var (name, folder) = named ? (text[..at], text[(at + 1)..]) : (ServeOptions.NameOf(runs[0]), text);
            if (!watches.TryAdd(name, folder)) throw new UsageException($"--watch {text}: '{name}' has a folder already; give one for each run");
        }
        return watches;
    }
}
