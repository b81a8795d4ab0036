namespace Mmrr.Serve.Limits;

/// <summary>A bounded amount of something that requests share, such as bytes of memory or places in the queue.</summary>
/// <param name="size">The amount.</param>
internal sealed class Room(long size)
{
    private long _taken;

    /// <summary>The amount that is in use.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>The amount in all.</summary>
    public long Size => size;

    /// <summary>Takes an amount if there is as much; never waits.</summary>
    /// <returns>The taken amount, to be disposed; null where there is too little.</returns>
    public Share? TryTake(long amount)
    {
        var share = new Share(this);
        return share.TryGrow(amount) ? share : null;
    }

    /// <summary>An amount in use, given back when disposed.</summary>
    internal sealed class Share(Room room) : IDisposable
    {
        private long _amount;

        /// <summary>Takes more; the share is unchanged where there is too little.</summary>
        public bool TryGrow(long amount)
        {
            if (Interlocked.Add(ref room._taken, amount) > room.Size)
            {
                Interlocked.Add(ref room._taken, -amount);
                return false;
            }
            Interlocked.Add(ref _amount, amount);
            return true;
        }

        /// <inheritdoc/>
        public void Dispose() => Interlocked.Add(ref room._taken, -Interlocked.Exchange(ref _amount, 0));
    }
}
