using Mmrr.Nn;
using Mmrr.Serve.Limits;
using Mmrr.Serve.Runs;
using Mmrr.Training.Data;
using Mmrr.Training.Evaluation;

namespace Mmrr.Serve.Batching;

/// <summary>
/// The images of all clients on their way to the device. A thread takes them in the order of their arrival, each with the next ones of the same run; the
/// score of an image does not depend on those that it is scored with. While the device is idle, an image waits a little for others, if some are on their way.
/// </summary>
internal sealed class ScoreQueue : IDisposable
{
    private readonly object _gate = new();
    private readonly LinkedList<ScoreJob> _waiting = new();
    private readonly long _wait;
    private readonly Action<int> _scored;
    private readonly Thread _thread;
    private int _coming;
    private bool _closed;

    /// <summary>Starts the thread.</summary>
    /// <param name="limits">The number of images and the time to wait.</param>
    /// <param name="scored">Called with the number of images of each batch.</param>
    public ScoreQueue(ServiceLimits limits, Action<int> scored)
    {
        Places = new Room(limits.Queue);
        _wait = (long)limits.Wait.TotalMilliseconds;
        _scored = scored;
        _thread = new Thread(Work) { Name = "scores", IsBackground = true };
        _thread.Start();
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

    /// <summary>Scores what waits, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
        _thread.Join();
    }

    private void Work()
    {
        while (Take() is { } jobs)
        {
            var live = jobs.FindAll(job => !job.Stop.IsCancellationRequested);
            foreach (var job in jobs.Except(live)) job.Result.TrySetCanceled(job.Stop);
            if (live.Count > 0) Score(live);
        }
    }

    /// <summary>The next images, all of one run; null at the end.</summary>
    private List<ScoreJob>? Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closed) return null;
                Monitor.Wait(_gate);
            }
            var run = _waiting.First!.Value.Run;
            int most = ScoreBatch.Of(run.Scorer, run.Levels);
            long until = _waiting.First.Value.Begun + _wait;
            while (!_closed && _coming > 0 && _waiting.Count(job => job.Run == run) < most && until - Environment.TickCount64 is > 0 and var left)
                Monitor.Wait(_gate, (int)left);
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
    }

    private void Score(List<ScoreJob> jobs)
    {
        var run = jobs[0].Run;
        try
        {
            var scores = run.Scorer.Score([.. jobs.Select(job => job.Image)], run.Levels);
            _scored(jobs.Count);
            for (int i = 0; i < jobs.Count; i++) jobs[i].Result.TrySetResult(scores[i]);
        }
        catch (Exception) when (jobs.Count > 1)
        {
            // Too much memory together, or something that is wrong with one of them.
            foreach (var job in jobs) Score([job]);
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
