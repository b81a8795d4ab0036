using System.Globalization;
using Mmrr.App.Tests.Data;
using Mmrr.App.Tests.Program;
using PuppeteerSharp;
using Xunit;

namespace Mmrr.App.Tests.Serve;

/// <summary>The page in a real browser, as an operator uses it.</summary>
[Collection(OutsideTests.Name)]
public sealed class PageTests(TrainedRuns runs) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PicturesAreDroppedJudgedAndOverruled()
    {
        await using var chromium = await Chromium.Start();
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]);
        string[] files = [.. Enumerable.Range(0, 5).Select(Picture), _folder.Write("broken.png", "no image"u8)];
        var expected = MmrrProgram.Run(["score", run, .. files, "--device", "cpu"]).Ends(2).OutputLines[1..].Select(row => row.Split(',')).ToArray();
        double[] scores = [.. expected.Select(row => double.Parse(row[1], CultureInfo.InvariantCulture))];
        await using var service = await RunningService.Start(run);
        var page = await chromium.Open(service.Url, 1400, dark: false);

        // Dropped: the same files as through the button, in an event of the browser.
        await Choose(page, files[..3]);
        await page.Until("document.querySelectorAll('.card .facts').length === 3");
        byte[] fourth = await File.ReadAllBytesAsync(files[3]);
        await page.Run(
            $"(() => {{ const d = new DataTransfer(), b = Uint8Array.from(atob('{Convert.ToBase64String(fourth)}'), c => c.charCodeAt(0));"
            + "d.items.add(new File([b], '3.png')); d.items.add(new File(['no image'], 'broken.png'));"
            + "dispatchEvent(new DragEvent('drop', { dataTransfer: d, cancelable: true })); })()");
        await page.Until("document.querySelectorAll('.card .facts').length === 4 && document.querySelectorAll('.card .error').length === 1");
        await Choose(page, files[4]);
        await page.Until("document.querySelectorAll('.card .facts').length === 5");
        Assert.Contains("expected PNG", await page.Text(".card .error"), StringComparison.Ordinal);

        // Sorted by the scores of the command line, with its decisions.
        await page.Page.SelectAsync("#sort", "high");
        string names = "[...document.querySelectorAll('#cards .name')].map(n => n.textContent).join()";
        string order = string.Join(',', Enumerable.Range(0, 5).OrderByDescending(i => scores[i]).Select(i => $"{i}.png").Append("broken.png"));
        await page.Until($"{names} === '{order}'");
        int anomalous = expected.Count(row => row[4] == "1");
        Assert.Equal(anomalous, await page.Evaluate<int>("document.querySelectorAll('.card.anomalous').length"));
        await page.Run("document.querySelector('#search').value = '3.p'; document.querySelector('#search').dispatchEvent(new Event('input'))");
        await page.Until($"{names} === '3.png'");
        await page.Run("document.querySelector('#search').value = ''; document.querySelector('#search').dispatchEvent(new Event('input'))");

        // The threshold follows the keys, and the false alarms and decisions follow it.
        int normal = await page.Evaluate<int>("Number(document.querySelector('#false-alarms').textContent.match(/of (\\d+)/)[1])");
        Assert.StartsWith("0 of", await page.Text("#false-alarms"), StringComparison.Ordinal);
        await page.Page.Keyboard.PressAsync("t");
        await page.Page.Keyboard.PressAsync("Home");
        string text = "document.querySelector('#false-alarms').textContent";
        await page.Until($"{text}.startsWith('{normal} of {normal} normal') && {text}.includes('at most 100 % false')");
        await page.Until("document.querySelectorAll('.card.anomalous').length === 5");
        string spoken = await page.Evaluate<string>("document.querySelector('.cut').getAttribute('aria-valuetext')");
        Assert.Contains($"{normal} of {normal}", spoken, StringComparison.Ordinal);
        await page.Click("#threshold-reset");
        await page.Until("document.querySelector('#threshold-reset').hidden");
        await page.Until($"document.querySelectorAll('.card.anomalous').length === {anomalous}");
        // And the mouse.
        var at = await page.Evaluate<double[]>(
            "(() => { const b = document.querySelector('.cut .grip').getBoundingClientRect(); return [b.x + b.width / 2, b.y + 8]; })()");
        await page.Page.Mouse.MoveAsync((decimal)at[0], (decimal)at[1]);
        await page.Page.Mouse.DownAsync();
        await page.Page.Mouse.MoveAsync((decimal)at[0] - 60, (decimal)at[1]);
        await page.Page.Mouse.UpAsync();
        await page.Until("!document.querySelector('#threshold-reset').hidden");
        await page.Click("#threshold-reset");
        await page.Until("document.querySelector('#threshold-reset').hidden");

        // A review needs a name, and goes to the file beside the run.
        await page.Click("#cards li:first-child .actions button:last-child");
        await page.Until("document.querySelector('.toast.bad') !== null && document.activeElement.id === 'reviewer'");
        Assert.False(Directory.Exists(_folder["run.reviews"]));
        await page.Page.Keyboard.TypeAsync("Ana Lima");
        await page.Click("#cards li:first-child .actions button:last-child");
        await page.Until("document.querySelectorAll('.review').length === 1");
        string reviewed = order.Split(',')[0];
        string verdict = expected.Single(row => Path.GetFileName(row[0]) == reviewed)[4] == "1" ? "normal" : "anomalous";
        string line = (await File.ReadAllLinesAsync(_folder["run.reviews/reviews.csv"]))[1];
        Assert.Matches($",Ana Lima,{reviewed},[0-9a-f]{{64}},.*,{verdict}$", line);
        Assert.Contains("mmrr train --data csv --root", await page.Text("#retrain-command"), StringComparison.Ordinal);

        // The keys of a card and of the large view; closing it leads back.
        await page.Run("document.querySelectorAll('#cards article')[1].focus()");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Until("document.querySelector('#viewer').open && document.querySelector('#view-image').complete");
        await page.Page.Keyboard.PressAsync("+");
        await page.Page.Keyboard.PressAsync("h");
        await page.Until("document.querySelector('#view-heat').getAttribute('aria-pressed') === 'false'");
        await page.Page.Keyboard.PressAsync("ArrowRight");
        await page.Until($"document.querySelector('#view-name').textContent === '{order.Split(',')[2]}'");
        await page.Page.Keyboard.PressAsync("a");
        await page.Until("document.querySelectorAll('.review').length === 2");
        await page.Page.Keyboard.PressAsync("Escape");
        await page.Until("!document.querySelector('#viewer').open && document.activeElement.matches('#cards article')");

        // The run is replaced, and the page tells it.
        MmrrProgram.Run("threshold", run, "--value", "0.25").Ends(0);
        await page.Until("document.querySelector('#toasts').textContent.includes('was replaced')");
        await page.Until("document.querySelector('#threshold-value').textContent === '0.2500'");

        // After a reload the pictures are gone, and the reviews are not.
        await page.Page.ReloadAsync();
        await page.Until("document.querySelector('#reviewer').value === 'Ana Lima'");
        await Choose(page, _folder[reviewed]);
        await page.Until("document.querySelectorAll('.review').length === 1");
        Assert.Contains($"{verdict} · Ana Lima", await page.Text(".review"), StringComparison.Ordinal);
        Assert.Empty(page.Complaints);
        Assert.Equal([service.Url.Authority], page.Hosts.Keys);
    }

    [Theory]
    [InlineData(1400, false)]
    [InlineData(320, false)]
    [InlineData(400, false)]
    [InlineData(400, true)]
    [InlineData(1400, true)]
    public async Task WatchedPicturesFitEveryScreen(int width, bool dark)
    {
        await using var chromium = await Chromium.Start();
        Directory.CreateDirectory(_folder["in"]);
        File.Copy(Picture(1), _folder["in/a-rather-long-name-of-a-picture-from-the-second-camera-of-line-4.png"]);
        _folder.WritePlain("in/wide.png", 40, 130, 200, 20, 20);
        await using var service = await RunningService.Start(runs.FolderRun, watch: _folder["in"]);
        var page = await chromium.Open(service.Url, width, dark);
        await page.Until("document.querySelectorAll('.card .facts').length === 2");
        await page.Until("[...document.querySelectorAll('.thumb img')].some(i => i.naturalWidth > 0)");
        // Nothing is wider than the screen, and everything that is pressed is large enough for a finger.
        Assert.Equal(width, await page.Evaluate<int>("document.documentElement.scrollWidth"));
        Assert.True(await page.Evaluate<bool>("document.querySelector('#summary').scrollWidth <= document.querySelector('#summary').clientWidth"));
        Assert.Equal("", await page.Evaluate<string>(
            "[...document.querySelectorAll('button, select, input:not([type=file])')]"
            + ".filter(b => b.checkVisibility() && b.getBoundingClientRect().height < 32)"
            + ".map(b => b.outerHTML).join('\\n')"));
        // Everything that is pressed or filled in has a name that is read aloud, and every text its contrast (WCAG 2.2, 4.5 : 1).
        Assert.Equal("", await page.Evaluate<string>(
            "[...document.querySelectorAll('button, select, input')]"
            + ".filter(b => !(b.ariaLabel || (!b.matches('select') && b.textContent.trim()) || [...b.closest('label')?.childNodes ?? []]"
            + ".some(n => n !== b && n.textContent.trim() && (n.nodeType === 3 || getComputedStyle(n).display !== 'none'))))"
            + ".map(b => b.outerHTML).join('\\n')"));
        Assert.Equal("", await page.Evaluate<string>(Contrast));
        Assert.Equal(dark, await page.Evaluate<bool>("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(v => v < 60)"));
        await page.Click("#cards li:first-child .thumb");
        await page.Until("document.querySelector('#viewer').open && document.querySelector('#view-image').naturalWidth > 0");
        Assert.Equal(width, await page.Evaluate<int>("document.documentElement.scrollWidth"));
        Assert.Equal("", await page.Evaluate<string>(Contrast));
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task TheTokenIsAskedForOnceAndStaysInTheTab()
    {
        await using var chromium = await Chromium.Start();
        const string Token = "correct-horse-battery";
        await using var service = await RunningService.Start(runs.FolderRun, token: Token);
        var page = await chromium.Open(service.Url, 1400, dark: false);
        await page.Until("document.querySelector('#token').open");
        await page.Page.TypeAsync("#token-value", "wrong-horse-battery");
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Until("document.querySelector('#token').open && document.querySelector('#token-value').value === ''");
        await page.Page.TypeAsync("#token-value", Token);
        await page.Page.Keyboard.PressAsync("Enter");
        await page.Until("document.querySelector('#run').length === 1");
        await Choose(page, Picture(2));
        await page.Until("document.querySelectorAll('.card .facts').length === 1");
        Assert.False(await page.Evaluate<bool>($"(location.href + document.cookie + JSON.stringify(localStorage)).includes('{Token}')"));
        await page.Page.ReloadAsync();
        await page.Until("document.querySelector('#run').length === 1");
        Assert.Empty(page.Complaints);
    }

    [Fact]
    public async Task WhatIsNotAsExpectedIsSaid()
    {
        await using var chromium = await Chromium.Start();
        string run = TrainedRuns.CopyTo(runs.FolderRun, _folder["run"]), file = Picture(1);
        await using var service = await RunningService.Start(run);
        // The part of an address that names no run.
        var page = await chromium.Open(new Uri(service.Url, "/#%E0%A4%A"), 1400, dark: false);
        await Choose(page, file);
        await page.Until("document.querySelectorAll('.card .facts').length === 1");
        // Each part of the page has a name of its own.
        string[] names = await page.Evaluate<string[]>(
            "[...document.querySelectorAll('main section')].map(s => s.ariaLabel ?? s.querySelector('h2').textContent)");
        Assert.Equal(names.Distinct(), names);

        // A camera has written another picture under the name.
        File.Copy(Picture(2), file, overwrite: true);
        await page.Page.TypeAsync("#reviewer", "Ana");
        await page.Click(".card .actions button");
        await page.Until("document.querySelector('#toasts').textContent.includes('the file cannot be read')");
        Assert.False(Directory.Exists(_folder["run.reviews"]));
        Assert.Empty(page.Complaints);
    }

    // Texts whose contrast to what lies behind them is too low. Pictures and disabled buttons are left out.
    private const string Contrast = """
        (() => {
          const parse = c => c.match(/[\d.]+/g).map(Number), light = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
          const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
          const behind = e => {
            for (; e; e = e.parentElement) {
              const c = parse(getComputedStyle(e).backgroundColor);
              if ((c[3] ?? 1) > 0.9) return c;
            }
            return [255, 255, 255];
          };
          return [...document.querySelectorAll('body *')].filter(e => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })
              && !e.closest('svg, :disabled, .thumb .busy, .hidden, .skip') && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .map(e => {
              const a = luminance(parse(getComputedStyle(e).color)), b = luminance(behind(e));
              return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e];
            })
            .filter(([ratio]) => ratio < 4.5).map(([ratio, e]) => `${ratio.toFixed(2)} ${e.outerHTML.slice(0, 90)}`).join('\n');
        })()
        """;

    private static async Task Choose(ChromiumPage page, params string[] files)
    {
        await page.Until("document.querySelector('#run').length > 0");
        await (await page.Page.QuerySelectorAsync("#files")).UploadFileAsync(files);
    }

    private string Picture(int seed)
    {
        string path = _folder[$"{seed}.png"];
        if (File.Exists(path)) return path;
        var pixels = new byte[10 * 14 * 3];
        new Random(seed).NextBytes(pixels);
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)((40 * seed) + (pixels[i] / 8));
        return _folder.WritePicture($"{seed}.png", 10, 14, 3, pixels);
    }
}
