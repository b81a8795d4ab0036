namespace Mmrr.Training.Data.Integrity;

/// <summary>A directory of a TIFF: the tags that describe one of its images.</summary>
internal sealed class TiffPage
{
    private readonly byte[] _file;
    private readonly bool _bigEndian;
    private readonly Dictionary<int, (int Type, uint Count, int Place)> _entries = [];

    /// <summary>Reads the entries; their values are read on demand.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="start">The first entry.</param>
    /// <param name="count">Entries, all of them within the file.</param>
    public TiffPage(byte[] file, int start, int count)
    {
        _file = file;
        _bigEndian = file[0] == 'M';
        var cursor = new ByteCursor(file, TiffCheck.Format, _bigEndian);
        for (int i = 0; i < count; i++)
        {
            cursor.Seek(start + (12 * i));
            int tag = cursor.Short(), type = cursor.Short();
            _entries.TryAdd(tag, (type, cursor.Int(), cursor.Position));
        }
    }

    /// <summary>Whether a tag exists.</summary>
    public bool Has(int tag) => _entries.ContainsKey(tag);

    /// <summary>The first number of a tag, or the default where it is missing.</summary>
    public uint One(int tag, uint otherwise) => All(tag) is [var first, ..] ? first : otherwise;

    /// <summary>The numbers of a tag; none where it is missing.</summary>
    public uint[] All(int tag)
    {
        if (!_entries.TryGetValue(tag, out var entry)) return [];
        int size = entry.Type switch { 1 => 1, 3 => 2, 4 => 4, _ => throw Flaw.Damaged(TiffCheck.Format, $"the tag {tag} has values of kind {entry.Type}") };
        var cursor = new ByteCursor(_file, TiffCheck.Format, _bigEndian);
        cursor.Seek(entry.Place);
        if (size * (long)entry.Count > 4) cursor.Seek(cursor.Int());
        if (size * (long)entry.Count > cursor.Left) throw Flaw.Truncated(TiffCheck.Format, $"values of the tag {tag} are missing");
        var values = new uint[entry.Count];
        for (int i = 0; i < values.Length; i++) values[i] = size == 1 ? cursor.Byte() : size == 2 ? (uint)cursor.Short() : cursor.Int();
        return values;
    }
}
