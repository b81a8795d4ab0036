using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Mmrr.Serve.Metrics;

/// <summary>Counts of the service, in the text format of Prometheus 0.0.4.</summary>
internal sealed class ServiceMetrics
{
    // Upper bounds in seconds.
    private static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    // Images in the share of anomalous ones.
    private const int Recent = 1000;

    private readonly ConcurrentDictionary<(string Run, int Status), long> _requests = new();
    private readonly ConcurrentDictionary<string, RunCounts> _runs = new();
    private long _batches, _batched, _reloads, _failedReloads;

    /// <summary>Counts an answered request to score images.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="status">The status code.</param>
    /// <param name="time">From the first byte of the request's header to the answer.</param>
    public void Request(string run, int status, TimeSpan time)
    {
        _requests.AddOrUpdate((run, status), 1, (_, count) => count + 1);
        Of(run).Time(time.TotalSeconds);
    }

    /// <summary>Counts a scored image.</summary>
    public void Image(string run, bool? anomalous) => Of(run).Image(anomalous);

    /// <summary>Counts images that were scored together.</summary>
    public void Batch(int images)
    {
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _batched, images);
    }

    /// <summary>Counts a run that was loaded again, or could not be.</summary>
    public void Reload(bool failed) => Interlocked.Increment(ref failed ? ref _failedReloads : ref _reloads);

    /// <summary>All counts.</summary>
    /// <param name="queued">Images that are being decoded, wait, or are being scored.</param>
    /// <param name="places">The most of them.</param>
    public string Text(long queued, long places)
    {
        var text = new StringBuilder();
        Head("mmrr_requests_total", "counter", "Requests to score images, by status code.");
        foreach (var ((run, status), count) in _requests.OrderBy(r => r.Key)) Line($"mmrr_requests_total{{run=\"{Label(run)}\",code=\"{status}\"}} {count}");
        Head("mmrr_request_seconds", "histogram", "Time of a request to score images.");
        foreach (var (run, counts) in Runs()) counts.WriteTimes(Label(run), Line);
        Head("mmrr_images_total", "counter", "Scored images, by decision.");
        foreach (var (run, counts) in Runs()) counts.WriteImages(Label(run), Line);
        Head("mmrr_anomalous_share", "gauge", $"Share of anomalous images among the last {Recent} with a decision.");
        foreach (var (run, counts) in Runs()) counts.WriteShare(Label(run), Line);
        Head("mmrr_queue_images", "gauge", "Images that are being decoded, wait, or are being scored.");
        Line($"mmrr_queue_images {queued}");
        Head("mmrr_queue_limit", "gauge", "The most images in the queue.");
        Line($"mmrr_queue_limit {places}");
        Head("mmrr_batches_total", "counter", "Passes of the device.");
        Line($"mmrr_batches_total {Volatile.Read(ref _batches)}");
        Head("mmrr_batch_images_total", "counter", "Images of all passes.");
        Line($"mmrr_batch_images_total {Volatile.Read(ref _batched)}");
        Head("mmrr_reloads_total", "counter", "Runs that were loaded again after their files changed, by success.");
        Line($"mmrr_reloads_total{{result=\"loaded\"}} {Volatile.Read(ref _reloads)}");
        Line($"mmrr_reloads_total{{result=\"failed\"}} {Volatile.Read(ref _failedReloads)}");
        return text.ToString();

        void Head(string name, string kind, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {kind}\n");
        void Line(FormattableString line) => text.Append(FormattableString.Invariant(line)).Append('\n');
        IEnumerable<KeyValuePair<string, RunCounts>> Runs() => _runs.OrderBy(r => r.Key, StringComparer.Ordinal);
    }

    private static string Label(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private RunCounts Of(string run) => _runs.GetOrAdd(run, _ => new RunCounts());

    private sealed class RunCounts
    {
        private readonly Lock _gate = new();
        private readonly long[] _times = new long[s_bounds.Length + 1];
        private readonly Queue<bool> _recent = new();
        private double _seconds;
        private long _normal, _anomalous, _undecided, _recentAnomalous;

        public void Time(double seconds)
        {
            int bucket = Array.FindIndex(s_bounds, bound => seconds <= bound);
            lock (_gate)
            {
                _times[bucket < 0 ? s_bounds.Length : bucket]++;
                _seconds += seconds;
            }
        }

        public void Image(bool? anomalous)
        {
            lock (_gate)
            {
                if (anomalous is not { } decided)
                {
                    _undecided++;
                    return;
                }
                if (decided) _anomalous++;
                else _normal++;
                _recent.Enqueue(decided);
                if (decided) _recentAnomalous++;
                if (_recent.Count > Recent && _recent.Dequeue()) _recentAnomalous--;
            }
        }

        public void WriteTimes(string run, Action<FormattableString> line)
        {
            lock (_gate)
            {
                long below = 0;
                for (int i = 0; i < s_bounds.Length; i++) line($"mmrr_request_seconds_bucket{{run=\"{run}\",le=\"{s_bounds[i]}\"}} {below += _times[i]}");
                line($"mmrr_request_seconds_bucket{{run=\"{run}\",le=\"+Inf\"}} {below + _times[^1]}");
                line($"mmrr_request_seconds_sum{{run=\"{run}\"}} {_seconds}");
                line($"mmrr_request_seconds_count{{run=\"{run}\"}} {below + _times[^1]}");
            }
        }

        public void WriteImages(string run, Action<FormattableString> line)
        {
            lock (_gate)
            {
                line($"mmrr_images_total{{run=\"{run}\",decision=\"normal\"}} {_normal}");
                line($"mmrr_images_total{{run=\"{run}\",decision=\"anomalous\"}} {_anomalous}");
                line($"mmrr_images_total{{run=\"{run}\",decision=\"none\"}} {_undecided}");
            }
        }

        public void WriteShare(string run, Action<FormattableString> line)
        {
            lock (_gate)
            {
                if (_recent.Count > 0) line($"mmrr_anomalous_share{{run=\"{run}\"}} {(double)_recentAnomalous / _recent.Count}");
            }
        }
    }
}
