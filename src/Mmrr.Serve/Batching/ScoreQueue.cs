using Mmrr.Nn;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Runs;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;

namespace Mmrr.Serve.Batching;

/// <summary>
/// The images of all clients on their way to the device. A thread for each of its lanes takes them in the order of their arrival, each with the next ones of
/// the same run, and leaves a lane that is idle as well its part; the score of an image does not depend on those that it is scored with. An image that no
/// others are scored with waits a little for them, if some are on their way.
/// </summary>
internal sealed class ScoreQueue : IDisposable
{
    // Of images that halves of a processor score together: more take more memory, and no less time each.
    private const int MostOfHalf = 8;

    private readonly object _gate = new();
    private readonly LinkedList<ScoreJob> _waiting = new();
    private readonly long _wait;
    private readonly Action<int> _scored;
    private readonly Thread[] _threads;
    private int _coming, _busy;
    private bool _closed;

    /// <summary>Starts the threads.</summary>
    /// <param name="limits">The number of images and the time to wait.</param>
    /// <param name="lanes">The number of batches that are scored at the same time.</param>
    /// <param name="scored">Called with the number of images of each batch, from any thread.</param>
    public ScoreQueue(ServiceLimits limits, int lanes, Action<int> scored)
    {
        Places = new Room(limits.Queue);
        _wait = (long)limits.Wait.TotalMilliseconds;
        _scored = scored;
        _threads = [.. Enumerable.Range(0, lanes).Select(lane => new Thread(() => Work(lane)) { Name = $"scores {lane}", IsBackground = true })];
        foreach (var thread in _threads) thread.Start();
    }

    /// <summary>A place for each image from before it is decoded until it has its score.</summary>
    public Room Places { get; }

    /// <summary>Tells that an image may come soon; the result tells that it has come, or will not.</summary>
    public IDisposable Expect()
    {
        lock (_gate) _coming++;
        return new Expected(this);
    }

    /// <summary>Scores an image.</summary>
    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    /// <exception cref="InvalidDataException">The memory is insufficient for the image alone.</exception>
    public Task<ImageScore> Score(LoadedRun run, PreparedImage image, CancellationToken stop)
    {
        var job = new ScoreJob(run, image, stop);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _waiting.AddLast(job);
            Monitor.PulseAll(_gate);
        }
        return job.Result.Task;
    }

    /// <summary>Scores what waits, and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var thread in _threads) thread.Join();
    }

    private void Work(int lane)
    {
        while (Take(out bool alone) is { } jobs)
        {
            var live = jobs.FindAll(job => !job.Stop.IsCancellationRequested);
            foreach (var job in jobs.Except(live)) job.Result.TrySetCanceled(job.Stop);
            if (live.Count > 0) Score(live, alone ? live[0].Run.Scorer : live[0].Run.Lanes[lane]);
            lock (_gate) _busy--;
        }
    }

    /// <summary>The next images, all of one run; null at the end.</summary>
    /// <param name="alone">Whether it is one image, and nothing else is being scored.</param>
    private List<ScoreJob>? Take(out bool alone)
    {
        lock (_gate)
        {
            while (true)
            {
                alone = false;
                if (_waiting.First is not { Value: var first })
                {
                    if (_closed) return null;
                    Monitor.Wait(_gate);
                    continue;
                }
                int of = _waiting.Count(job => job.Run == first.Run), most = Most(first.Run);
                // A part for each lane, and one that is on its way: as many as that are not worth waiting for more.
                long part = (Places.Taken + _threads.Length) / (_threads.Length + 1);
                if (!_closed && _coming > 0 && of < Math.Min(most, part) && first.Begun + _wait - Environment.TickCount64 is > 0 and var left)
                {
                    Monitor.Wait(_gate, (int)left);
                    continue;
                }
                int idle = _threads.Length - _busy++;
                alone = idle == _threads.Length && _waiting.Count == 1;
                return Remove(first.Run, Math.Min(most, (of + idle - 1) / idle));
            }
        }
    }

    private int Most(LoadedRun run)
    {
        int most = ScoreBatch.Of(run.Scorer, run.Levels);
        return _threads.Length > 1 ? Math.Min(most, MostOfHalf) : most;
    }

    private List<ScoreJob> Remove(LoadedRun run, int most)
    {
        var taken = new List<ScoreJob>();
        for (var node = _waiting.First; node is not null && taken.Count < most;)
        {
            var next = node.Next;
            if (node.Value.Run == run)
            {
                taken.Add(node.Value);
                _waiting.Remove(node);
            }
            node = next;
        }
        return taken;
    }

    private void Score(List<ScoreJob> jobs, Scorer scorer)
    {
        try
        {
            var scores = scorer.Score([.. jobs.Select(job => job.Image)], jobs[0].Run.Levels);
            _scored(jobs.Count);
            for (int i = 0; i < jobs.Count; i++) jobs[i].Result.TrySetResult(scores[i]);
        }
        catch (Exception) when (jobs.Count > 1)
        {
            // Too much memory together, or something that is wrong with one of them.
            foreach (var job in jobs) Score([job], scorer);
        }
        catch (Exception e) when (e is OutOfMemoryException or DeviceMemoryException)
        {
            jobs[0].Result.TrySetException(new InvalidDataException($"the image is too large for the memory of this process: {e.Message}"));
        }
#pragma warning disable CA1031 // Any exception belongs to the request that waits, and must not end the thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            jobs[0].Result.TrySetException(e);
        }
    }

    private sealed class Expected(ScoreQueue queue) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 1) return;
            lock (queue._gate)
            {
                queue._coming--;
                Monitor.PulseAll(queue._gate);
            }
        }
    }
}
