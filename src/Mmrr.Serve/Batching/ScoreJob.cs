using Mmrr.Nn;
using Mmrr.Serve.Runs;

namespace Mmrr.Serve.Batching;

/// <summary>An image that waits for its score.</summary>
/// <param name="Run">The run that it was prepared for.</param>
/// <param name="Image">The image.</param>
/// <param name="Stop">Cancelled where nobody waits for the score any more.</param>
internal sealed record ScoreJob(LoadedRun Run, PreparedImage Image, CancellationToken Stop)
{
    /// <summary>When it began to wait, by <see cref="Environment.TickCount64"/>.</summary>
    public long Begun { get; } = Environment.TickCount64;

    /// <summary>The result. Its continuations run elsewhere, not on the device's thread.</summary>
    public TaskCompletionSource<ImageScore> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
