using System.Collections.Concurrent;
using PuppeteerSharp;
using PuppeteerSharp.Media;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary>A real browser: Chromium without a window, where the machine has it.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    private readonly IBrowser _browser;

    private Chromium(IBrowser browser) => _browser = browser;

    /// <summary>Starts it, or skips the test.</summary>
    public static async Task<Chromium> Start()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => s_names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "there is no Chromium on the PATH; on Debian: apt-get install chromium");
        return new Chromium(await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = program,
            Headless = true,
            // Its sandbox needs rights that a container does not have; the only pages that it opens are those of the tests.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"],
            Timeout = 120_000,
            ProtocolTimeout = 120_000,
        }));
    }

    /// <summary>Opens a page of this width, bright or dark.</summary>
    public async Task<ChromiumPage> Open(Uri url, int width, bool dark)
    {
        var page = await _browser.NewPageAsync();
        page.DefaultTimeout = 120_000;
        var result = new ChromiumPage(page);
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 860, IsMobile = width < 600, HasTouch = width < 600 });
        await page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = dark ? "dark" : "light" }]);
        await page.GoToAsync(url.ToString());
        return result;
    }

    public async ValueTask DisposeAsync() => await _browser.DisposeAsync();
}

/// <summary>An open page, and what it complained of.</summary>
internal sealed class ChromiumPage
{
    private readonly ConcurrentQueue<string> _complaints = new();

    public ChromiumPage(IPage page)
    {
        Page = page;
        page.PageError += (_, e) => _complaints.Enqueue(e.Message);
        // Refused requests are said by the page itself; what it may not load at all is an error here.
        page.Console += (_, e) =>
        {
            if (e.Message.Type == ConsoleType.Error && !e.Message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue(e.Message.Text);
        };
        page.Request += (_, e) =>
        {
            if (!e.Request.Url.StartsWith("blob:", StringComparison.Ordinal)) Hosts.TryAdd(new Uri(e.Request.Url).Authority, true);
        };
    }

    public IPage Page { get; }

    /// <summary>The hosts that it asked.</summary>
    public ConcurrentDictionary<string, bool> Hosts { get; } = new();

    /// <summary>Errors of its scripts, and breaches of its security policy.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public Task<T> Evaluate<T>(string script) => Page.EvaluateExpressionAsync<T>(script);

    public Task Run(string script) => Page.EvaluateExpressionAsync(script);

    public Task<string> Text(string selector) => Evaluate<string>($"document.querySelector('{selector}').textContent");

    /// <summary>Clicks as a mouse does: on what lies at the middle of an element.</summary>
    public Task Click(string selector) => Page.ClickAsync(selector);

    /// <summary>Waits until an expression is true.</summary>
    public async Task Until(string script)
    {
        for (int i = 0; i < 600; i++)
        {
            if (await Evaluate<bool>(script)) return;
            await Task.Delay(100);
        }
        Assert.Fail($"{script} does not come to hold; the page says: {await Evaluate<string>("document.body.innerText")}\n{string.Join('\n', _complaints)}");
    }
}
