namespace Mmrr.Serve.Runs;

/// <summary>
/// The device, and on a processor with several cores also its halves, two devices of half the workers each. An image alone is scored by all cores, which
/// is soonest; images of many clients by both halves at the same time, which is most in all: the workers of a device wait for each other after each operation
/// and while the host prepares the next, and so for whatever else takes one of the cores, such as requests and decoding. Scores are the same on all of them.
/// </summary>
internal sealed class ScoringDevices : IDisposable
{
    private readonly Device[] _halves;

    /// <summary>Opens the halves.</summary>
    /// <param name="whole">The device, which the caller disposes after this.</param>
    public ScoringDevices(Device whole)
    {
        Whole = whole;
        _halves = whole.Kind == DeviceKind.Cpu && whole.Workers > 1 ? [Half(whole.Workers - (whole.Workers / 2)), Half(whole.Workers / 2)] : [];

        Device Half(int workers)
        {
            var half = Device.Open(whole.Name, workers);
            half.Precision = whole.Precision;
            return half;
        }
    }

    /// <summary>The whole device.</summary>
    public Device Whole { get; }

    /// <summary>Its halves; none where it has none.</summary>
    public IReadOnlyList<Device> Halves => _halves;

    /// <summary>The number of batches that are scored at the same time.</summary>
    public int Lanes => Math.Max(1, _halves.Length);

    /// <summary>Closes the halves.</summary>
    public void Dispose()
    {
        foreach (var half in _halves) half.Dispose();
    }
}
