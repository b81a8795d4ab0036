#:property ManagePackageVersionsCentrally=false
#:property JsonSerializerIsReflectionEnabledByDefault=true

// Loads a service of this machine (mmrr serve) for a bounded time: each client sends one image after the other and compares its score with that of mmrr score.
// One line of key=value figures; exit code 1 where a request failed or a score differs. bench/serve runs it.
//   dotnet run bench/load.cs -- URL RUN SCORES.csv [CLIENTS [SECONDS]]
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

const int MostClients = 256, MostSeconds = 600;
var url = new Uri(args[0]);
string run = args[1];
int clients = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 16;
int seconds = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 120;
if (!IPAddress.TryParse(url.Host, out var host) || !IPAddress.IsLoopback(host)) throw new ArgumentException($"{url}: expected a loopback address");
if (clients is < 1 or > MostClients || seconds is < 1 or > MostSeconds)
    throw new ArgumentException($"expected at most {MostClients} clients and {MostSeconds} seconds");

(byte[] File, string Score)[] images = [.. File.ReadLines(args[2]).Skip(1).Select(line => line.Split(',')).Select(row => (File.ReadAllBytes(row[0]), row[1]))];
using var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
var path = new Uri($"/v1/runs/{Uri.EscapeDataString(run)}/score", UriKind.Relative);
int next = 0, errors = 0, refused = 0, differing = 0;
string? first = null;
// What the runtime compiles while it runs is not the service's speed.
await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Ask()));
await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Ask()));
(next, errors, refused, differing) = (0, 0, 0, 0);
var end = TimeSpan.FromSeconds(seconds);
var watch = Stopwatch.StartNew();
double[][] times = await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
{
    var own = new List<double>();
    while (watch.Elapsed < end)
    {
        if (await Ask() is { } time) own.Add(time);
    }
    return own.ToArray();
}));
double elapsed = watch.Elapsed.TotalSeconds;
double[] all = [.. times.SelectMany(t => t).Order()];
double Percentile(double share) => all.Length == 0 ? double.NaN : all[(int)Math.Min(all.Length - 1, share * all.Length)];
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"case=serve clients={clients} seconds={elapsed:F1} scored={all.Length} errors={errors} refused={refused} differing={differing} "
    + $"images_per_s={all.Length / elapsed:F2} p50_ms={Percentile(0.5):F1} p99_ms={Percentile(0.99):F1} slowest_ms={Percentile(1):F1}"));
if (first is not null) Console.Error.WriteLine($"load: the first error: {first}");
return errors + differing > 0 || all.Length == 0 ? 1 : 0;

// The milliseconds of a request; null where it was not scored.
async Task<double?> Ask()
{
    var (file, expected) = images[(uint)Interlocked.Increment(ref next) % images.Length];
    long begun = Stopwatch.GetTimestamp();
    try
    {
        using var answer = await client.PostAsync(path, new ByteArrayContent(file));
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        double time = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Interlocked.Increment(ref refused);
            await Task.Delay(answer.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1));
            return null;
        }
        if (answer.StatusCode != HttpStatusCode.OK) throw new InvalidDataException($"status {(int)answer.StatusCode}");
        using var json = JsonDocument.Parse(body);
        if (json.RootElement.GetProperty("score").GetDouble().ToString("R", CultureInfo.InvariantCulture) != expected) Interlocked.Increment(ref differing);
        return time;
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException or InvalidDataException or JsonException)
    {
        Interlocked.Increment(ref errors);
        first ??= e.Message;
        return null;
    }
}
