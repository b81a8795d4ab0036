namespace Mmrr.Ptx.Machine.Counting;

/// <summary>A cache of sectors of 32 bytes: sets of 16, of which the one that was not used for longest makes room.</summary>
internal sealed class SectorCache
{
    private const int Ways = 16;
    private const int SectorBytes = 32;
    private readonly ulong[] _sectors;
    private readonly ulong _sets;

    public SectorCache(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, Ways * SectorBytes);
        _sets = (ulong)(bytes / (Ways * SectorBytes));
        _sectors = new ulong[_sets * Ways];
    }

    /// <summary>Whether the cache has a sector, which it has from now on.</summary>
    public bool Touch(ulong sector)
    {
        var set = _sectors.AsSpan((int)(sector % _sets) * Ways, Ways);
        // 0 stands for an empty place: no memory is at that address.
        int at = set.IndexOf(sector);
        set[..(at < 0 ? Ways - 1 : at)].CopyTo(set[1..]);
        set[0] = sector;
        return at >= 0;
    }
}
