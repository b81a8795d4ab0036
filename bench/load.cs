#:property ManagePackageVersionsCentrally=false
#:property TieredPGO=false

// Loads a service of this machine (mmrr serve) for a bounded time: each client, a thread with a connection of its own, sends one image after the other and
// compares its score with that of mmrr score. The requests are made before, and the answers read without a library, since client and service share the cores.
// One line of key=value figures, with the processor time of a request here; exit code 1 where a request failed or a score differs. bench/serve runs it.
//   dotnet run bench/load.cs -- URL RUN SCORES.csv [CLIENTS [SECONDS]]
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

const int MostClients = 256, MostSeconds = 600, MostAnswer = 1 << 16;
var url = new Uri(args[0]);
string run = args[1];
int clients = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 16;
int seconds = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 120;
if (!IPAddress.TryParse(url.Host, out var host) || !IPAddress.IsLoopback(host)) throw new ArgumentException($"{url}: expected a loopback address");
if (clients is < 1 or > MostClients || seconds is < 1 or > MostSeconds)
    throw new ArgumentException($"expected at most {MostClients} clients and {MostSeconds} seconds");

(byte[] Request, double Score)[] images =
    [.. File.ReadLines(args[2]).Skip(1).Select(line => line.Split(',')).Select(row => (Request(row[0]), double.Parse(row[1], CultureInfo.InvariantCulture)))];
int next = 0, errors = 0, refused = 0, differing = 0;
string? first = null;
// What the runtime compiles while it runs is not the service's speed.
Run(TimeSpan.FromSeconds(5));
(next, errors, refused, differing) = (0, 0, 0, 0);
var processor = Environment.CpuUsage.TotalTime;
var watch = Stopwatch.StartNew();
double[] all = [.. Run(TimeSpan.FromSeconds(seconds)).Order()];
double elapsed = watch.Elapsed.TotalSeconds, own = (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / Math.Max(1, all.Length);
double Percentile(double share) => all.Length == 0 ? double.NaN : all[(int)Math.Min(all.Length - 1, share * all.Length)];
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"case=serve clients={clients} seconds={elapsed:F1} scored={all.Length} errors={errors} refused={refused} differing={differing} "
    + $"images_per_s={all.Length / elapsed:F2} p50_ms={Percentile(0.5):F1} p99_ms={Percentile(0.99):F1} slowest_ms={Percentile(1):F1} client_cpu_ms={own:F3}"));
if (first is not null) Console.Error.WriteLine($"load: the first error: {first}");
return errors + differing > 0 || all.Length == 0 ? 1 : 0;

byte[] Request(string path)
{
    byte[] file = File.ReadAllBytes(path);
    return [
        .. Encoding.ASCII.GetBytes(
            $"POST /v1/runs/{Uri.EscapeDataString(run)}/score HTTP/1.1\r\nHost: {url.Authority}\r\nContent-Length: {file.Length}\r\n\r\n"),
        .. file,
    ];
}

// The milliseconds of the requests that were scored.
List<double> Run(TimeSpan time)
{
    var times = Enumerable.Range(0, clients).Select(_ => new List<double>()).ToArray();
    var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
    var threads = times.Select(its => new Thread(() => Ask(its, end))).ToArray();
    foreach (var thread in threads) thread.Start();
    foreach (var thread in threads) thread.Join();
    return [.. times.SelectMany(t => t)];
}

void Ask(List<double> times, long end)
{
    byte[] answer = new byte[MostAnswer];
    Socket? socket = null;
    while (Stopwatch.GetTimestamp() < end)
    {
        var (request, expected) = images[(uint)Interlocked.Increment(ref next) % images.Length];
        try
        {
            if (socket is null)
            {
                socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000, SendTimeout = 60_000 };
                socket.Connect(host, url.Port);
            }
            long begun = Stopwatch.GetTimestamp();
            for (int sent = 0; sent < request.Length;) sent += socket.Send(request.AsSpan(sent));
            var (status, body) = Receive(socket, answer);
            double milliseconds = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
            if (status == HttpStatusCode.ServiceUnavailable)
            {
                Interlocked.Increment(ref refused);
                Thread.Sleep(1000);
                continue;
            }
            if (status != HttpStatusCode.OK) throw new InvalidDataException($"status {(int)status}");
            times.Add(milliseconds);
            if (ScoreOf(body) != expected) Interlocked.Increment(ref differing);
        }
        catch (Exception e) when (e is SocketException or InvalidDataException or JsonException)
        {
            Interlocked.Increment(ref errors);
            first ??= e.Message;
            socket?.Dispose();
            socket = null;
        }
    }
    socket?.Dispose();
}

// An answer of HTTP/1.1 whose body is chunked or has a length, as Kestrel sends them.
static (HttpStatusCode Status, ReadOnlyMemory<byte> Body) Receive(Socket socket, byte[] answer)
{
    int length = 0, head;
    while ((head = answer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0) More();
    string header = Encoding.ASCII.GetString(answer, 0, head);
    head += 4;
    var status = (HttpStatusCode)int.Parse(header.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
    if (header.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
    {
        while (!answer.AsSpan(head, length - head).EndsWith("\r\n0\r\n\r\n"u8)) More();
        int line = head + answer.AsSpan(head).IndexOf("\r\n"u8);
        int size = int.Parse(answer.AsSpan(head, line - head), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (line + 2 + size + "\r\n0\r\n\r\n".Length != length) throw new InvalidDataException("an answer of several chunks");
        return (status, answer.AsMemory(line + 2, size));
    }
    const string Length = "Content-Length: ";
    int at = header.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
    if (at < 0) throw new InvalidDataException("an answer without a length");
    string digits = string.Concat(header[(at + Length.Length)..].TakeWhile(char.IsAsciiDigit));
    int bytes = int.Parse(digits, CultureInfo.InvariantCulture);
    while (length < head + bytes) More();
    return (status, answer.AsMemory(head, bytes));

    void More()
    {
        int count = length < answer.Length ? socket.Receive(answer.AsSpan(length)) : throw new InvalidDataException("an answer of more than 64 KB");
        length += count > 0 ? count : throw new InvalidDataException("the connection was closed");
    }
}

static double ScoreOf(ReadOnlyMemory<byte> body)
{
    var json = new Utf8JsonReader(body.Span);
    while (json.Read())
    {
        if (json.TokenType != JsonTokenType.PropertyName || !json.ValueTextEquals("score"u8)) continue;
        json.Read();
        return json.TokenType == JsonTokenType.Number ? json.GetDouble() : double.Parse(json.GetString()!, CultureInfo.InvariantCulture);
    }
    throw new InvalidDataException("an answer without a score");
}
