namespace Mmrr.Serve.Limits;

/// <summary>What the service takes at most, so that its memory stays bounded whatever is sent.</summary>
internal sealed record ServiceLimits
{
    /// <summary>Bytes of a request's body.</summary>
    public long BodyBytes { get; init; } = 32L << 20;

    /// <summary>Pixels of an image.</summary>
    public int Pixels { get; init; } = 1 << 26;

    /// <summary>Pixels of a map that is returned as numbers, four bytes each.</summary>
    public int MapPixels { get; init; } = 1 << 24;

    /// <summary>Images that are being decoded, wait, or are being scored.</summary>
    public int Queue { get; init; } = 64;

    /// <summary>The longest time that an image waits for others to be scored with, while the device is idle.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Time for a request's body to arrive.</summary>
    public TimeSpan BodyTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for an answer to be taken by its client.</summary>
    public TimeSpan AnswerTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of all bodies, prepared images, and heatmaps and maps of answers together.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>Open connections.</summary>
    public int Connections { get; init; } = 512;
}
