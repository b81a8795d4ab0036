namespace Mmrr.Training.Data;

/// <summary>
/// Matches the images of a run's record with the existing ones: by name and content, else by content alone (renamed), else by name alone (changed, which
/// counts as another image). Images without a match are missing; existing images without a match are new.
/// </summary>
internal sealed class Recognition
{
    private readonly IReadOnlyList<RecordedImage> _known;
    private readonly IReadOnlyList<(string Name, string Hash, string Kind)> _found;
    private readonly int[] _places;
    private readonly bool[] _taken;
    private readonly List<int> _renamed = [];

    // Known images of which only the name was found, and where: they were changed, or, without a hash, cannot be read.
    private readonly Dictionary<int, int> _byName = [];

    /// <summary>Matches images.</summary>
    /// <param name="known">The recorded images.</param>
    /// <param name="found">The existing images; the hash is empty where a file cannot be read.</param>
    public Recognition(IReadOnlyList<RecordedImage> known, IReadOnlyList<(string Name, string Hash, string Kind)> found)
    {
        (_known, _found) = (known, found);
        _taken = new bool[found.Count];
        _places = [.. Enumerable.Repeat(-1, known.Count)];
        ILookup<string, int> byName = Enumerable.Range(0, found.Count).ToLookup(i => found[i].Name),
            byHash = Enumerable.Range(0, found.Count).ToLookup(i => found[i].Hash);
        Place(k => byName[known[k].Name].Where(i => known[k].Hash.Length == 0 || found[i].Hash == known[k].Hash), (_, _) => true);
        Place(k => known[k].Hash.Length == 0 ? [] : byHash[known[k].Hash], (k, _) =>
        {
            _renamed.Add(k);
            return true;
        });
        Place(k => byName[known[k].Name], (k, i) =>
        {
            _byName.Add(k, i);
            return false;
        });
    }

    /// <summary>The index of each known image among those found; −1 where it is missing or changed.</summary>
    public IReadOnlyList<int> Places => _places;

    /// <summary>Whether a found image is not a known one.</summary>
    public bool IsNew(int found) => !_taken[found];

    /// <summary>The found images of some parts whose files cannot be read.</summary>
    public IEnumerable<int> Unreadable(Func<ImagePart, bool> parts) => ByName(readable: false).Where(k => parts(_known[k].Part)).Select(k => _byName[k]);

    /// <summary>Names the missing, unreadable or changed images of some parts; null where there are none.</summary>
    public string? Lost(Func<ImagePart, bool> parts)
    {
        string?[] lines =
        [
            Line("missing", Missing().Where(Wanted)), Line("unreadable", ByName(readable: false).Where(Wanted)),
            Line("changed", ByName(readable: true).Where(Wanted)),
        ];
        return lines.Any(l => l is not null) ? string.Join("; ", lines.Where(l => l is not null)) : null;

        bool Wanted(int k) => parts(_known[k].Part);
    }

    /// <summary>The remarks, one line each.</summary>
    /// <param name="leftOut">Whether a found image, if new, is left out.</param>
    public IEnumerable<string> Describe(Func<int, bool> leftOut)
    {
        string[] fresh = [.. Enumerable.Range(0, _found.Count).Where(i => IsNew(i) && leftOut(i)).Select(i => _found[i].Name)];
        string?[] lines =
        [
            Line("missing", Missing()),
            Line("unreadable", ByName(readable: false)),
            Line("changed", ByName(readable: true)) is { } changed ? $"{changed}; changed images are not tested" : null,
            NameList.Of([.. _renamed.Select(k => $"{_known[k].Name} is {_found[_places[k]].Name} now")]) is { } renamed
                ? $"renamed since training began: {renamed}" : null,
            NameList.Of(fresh) is { } names ? $"new since training began, and left out: {names}; use mmrr evaluate RUN --test DIR for other images" : null,
            NameList.Of([.. Relabelled().Select(k => $"{Named(k)} is {_found[_places[k]].Kind}, was {_known[k].Kind}")]) is { } relabelled
                ? $"labelled otherwise since training began: {relabelled}" : null,
        ];
        return lines.OfType<string>();
    }

    private void Place(Func<int, IEnumerable<int>> candidates, Func<int, int, bool> counts)
    {
        for (int k = 0; k < _places.Length; k++)
        {
            if (_places[k] >= 0 || _byName.ContainsKey(k)) continue;
            int i = candidates(k).Where(i => !_taken[i]).DefaultIfEmpty(-1).First();
            if (i < 0) continue;
            _taken[i] = true;
            if (counts(k, i)) _places[k] = i;
        }
    }

    private IEnumerable<int> Missing() => Enumerable.Range(0, _known.Count).Where(k => _places[k] < 0).Except(_byName.Keys);

    private IEnumerable<int> ByName(bool readable) => _byName.Keys.Where(k => _found[_byName[k]].Hash.Length > 0 == readable);

    private IEnumerable<int> Relabelled() =>
        Enumerable.Range(0, _known.Count).Where(k => _places[k] >= 0 && _known[k].Kind is { } kind && kind != _found[_places[k]].Kind);

    private string? Line(string what, IEnumerable<int> known) =>
        NameList.Of([.. known.Select(Named)]) is { } names ? $"{what} since training began: {names}" : null;

    private string Named(int known) => $"{_known[known].Name} ({_known[known].Part.ToString().ToLowerInvariant()})";
}
